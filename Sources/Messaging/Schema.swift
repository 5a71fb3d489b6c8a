public import Storage

extension [Migration] {
  /// The tables of messaging, in every service's store.
  public static var messaging: [Migration] {
    [
      Migration(
        "messaging.1",
        """
        -- Events on their way out. seq is commit order, because one connection writes.
        -- state: 0 waiting, 1 acknowledged by an embedded broker, 2 published, 3 dead, 4 discarded.
        CREATE TABLE outbox (
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          event_id TEXT NOT NULL,
          type TEXT NOT NULL,
          topic TEXT NOT NULL,
          key TEXT NOT NULL,
          time INTEGER NOT NULL,
          correlation_id TEXT,
          causation_id TEXT,
          traceparent TEXT,
          tracestate TEXT,
          payload BLOB NOT NULL,
          state INTEGER NOT NULL DEFAULT 0,
          published_at INTEGER,
          partition INTEGER,
          "offset" INTEGER
        ) STRICT;
        CREATE INDEX outbox_waiting ON outbox (seq) WHERE state = 0;
        CREATE INDEX outbox_unconfirmed ON outbox (seq) WHERE state = 1;
        CREATE INDEX outbox_dead ON outbox (topic, key) WHERE state = 3;

        -- Events that took effect, so that they do so once.
        CREATE TABLE inbox (
          event_id TEXT NOT NULL PRIMARY KEY,
          handled_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX inbox_age ON inbox (handled_at);

        -- Messages that wait: due_at is set for the first of a key's line and null for those behind it.
        CREATE TABLE parked (
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          event_id TEXT NOT NULL,
          type TEXT NOT NULL,
          topic TEXT NOT NULL,
          partition INTEGER NOT NULL,
          "offset" INTEGER NOT NULL,
          key BLOB,
          headers TEXT NOT NULL,
          value BLOB,
          attempts INTEGER NOT NULL,
          reason TEXT NOT NULL,
          first_at INTEGER NOT NULL,
          due_at INTEGER
        ) STRICT;
        CREATE INDEX parked_line ON parked (topic, key, seq);
        CREATE INDEX parked_due ON parked (due_at) WHERE due_at IS NOT NULL;

        -- What could not be handled or sent, whole, until an operator redrives or discards it.
        CREATE TABLE dead_letters (
          id TEXT NOT NULL PRIMARY KEY,
          kind TEXT NOT NULL,
          event_id TEXT,
          type TEXT,
          topic TEXT NOT NULL,
          partition INTEGER,
          "offset" INTEGER,
          key BLOB,
          headers TEXT NOT NULL,
          value BLOB,
          outbox_seq INTEGER,
          reason TEXT NOT NULL,
          attempts INTEGER NOT NULL,
          correlation_id TEXT,
          created_at INTEGER NOT NULL,
          state TEXT NOT NULL DEFAULT 'dead' CHECK (state IN ('dead', 'redriven', 'discarded')),
          settled_at INTEGER,
          settled_by TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX dead_letters_open ON dead_letters (id) WHERE state = 'dead';
        """),
      .redrives, .positions,
    ]
  }
}

extension CommitSignal {
  /// Events wait to be sent.
  static let outbox = CommitSignal("outbox")
  /// Events were acknowledged by the broker, or confirmed by its consumers.
  static let published = CommitSignal("outbox.published")
  /// Messages were parked.
  static let parked = CommitSignal("parked")
}
