import Storage

extension [Migration] {
  static var gateway: [Migration] {
    [
      Migration(
        "gateway.1",
        """
        CREATE TABLE sources (
          id TEXT NOT NULL PRIMARY KEY,
          brand TEXT NOT NULL,
          disabled_at INTEGER,
          created_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- API keys by their SHA-256; webhook secrets as they are, because no signature can be checked without.
        CREATE TABLE source_credentials (
          id TEXT NOT NULL PRIMARY KEY,
          source TEXT NOT NULL REFERENCES sources (id),
          key_hash BLOB UNIQUE,
          secret TEXT,
          created_at INTEGER NOT NULL,
          -- Set when a newer one takes over: so long both count.
          expires_at INTEGER,
          CHECK ((key_hash IS NULL) <> (secret IS NULL))
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE events (
          seq INTEGER PRIMARY KEY,
          id TEXT NOT NULL UNIQUE,
          source TEXT NOT NULL,
          name TEXT NOT NULL,
          -- UTF-8. A blob, because a text would end at its first zero.
          body BLOB NOT NULL,
          timestamp TEXT NOT NULL,
          brand TEXT NOT NULL,
          status TEXT NOT NULL CHECK (status IN ('RECEIVED', 'QUEUED', 'DELIVERED', 'FAILED')),
          attempt INTEGER NOT NULL DEFAULT 0,
          reason TEXT,
          -- What the target answered at last, in short.
          answer TEXT,
          -- The instance that delivers it; null for this one.
          runner TEXT,
          trace TEXT,
          received_at INTEGER NOT NULL,
          queued_at INTEGER,
          first_attempt_at INTEGER,
          next_attempt_at INTEGER,
          updated_at INTEGER NOT NULL,
          -- Grows with every change of any event: the place of this one in the stream of changes.
          change INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX events_unsettled ON events (status, seq) WHERE status <> 'DELIVERED';
        CREATE UNIQUE INDEX events_change ON events (change);

        -- The last place that was given to an event that is forgotten: none is given twice.
        CREATE TABLE forgotten_changes (last INTEGER NOT NULL) STRICT;
        INSERT INTO forgotten_changes VALUES (0);

        -- What else happened on the way of an event: attempts that did not deliver it, and what came after.
        CREATE TABLE event_steps (
          event INTEGER NOT NULL,
          number INTEGER NOT NULL,
          at INTEGER NOT NULL,
          step TEXT NOT NULL,
          attempt INTEGER,
          -- Of the target's HTTP answer.
          status INTEGER,
          detail TEXT,
          excerpt TEXT,
          runner TEXT,
          PRIMARY KEY (event, number)
        ) STRICT, WITHOUT ROWID;

        -- What a source sent and was no event, or another one under a known id: it will not be sent again.
        CREATE TABLE rejected (
          id TEXT NOT NULL PRIMARY KEY,
          source TEXT NOT NULL,
          event_id TEXT,
          kind TEXT NOT NULL CHECK (kind IN ('malformed', 'conflict', 'too-large')),
          reason TEXT NOT NULL,
          raw BLOB NOT NULL,
          size INTEGER NOT NULL,
          at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """)
    ]
  }
}
