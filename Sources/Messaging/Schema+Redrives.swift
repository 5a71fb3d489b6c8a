public import Storage

extension Migration {
  /// Fingerprints of dead letters, and redrives on record.
  static var redrives: Migration {
    Migration(
      "messaging.2",
      """
      -- Null until the first start of a version that gives fingerprints: see RedriveRunner.
      ALTER TABLE dead_letters ADD COLUMN fingerprint TEXT;
      ALTER TABLE dead_letters ADD COLUMN redrive_id TEXT;
      ALTER TABLE parked ADD COLUMN redrive_id TEXT;

      -- Filters and groups are answered from these alone, for which SQLite wants the state in them too: a row may
      -- hold a megabyte between its columns.
      DROP INDEX dead_letters_open;
      CREATE INDEX dead_letters_open ON dead_letters (id, kind, type, fingerprint, created_at, state)
        WHERE state = 'dead';
      CREATE INDEX dead_letters_failures ON dead_letters (fingerprint, id, kind, type, created_at, state)
        WHERE state = 'dead';
      CREATE INDEX dead_letters_nameless ON dead_letters (id) WHERE fingerprint IS NULL;
      -- By what tells one message, event or job from all others.
      CREATE INDEX dead_letters_redriven ON dead_letters (event_id, topic, partition, "offset")
        WHERE redrive_id IS NOT NULL;
      CREATE INDEX dead_letters_sent_again ON dead_letters (redrive_id, outbox_seq)
        WHERE redrive_id IS NOT NULL AND outbox_seq IS NOT NULL;
      CREATE INDEX parked_redriven ON parked (redrive_id) WHERE redrive_id IS NOT NULL;

      -- Who had dead letters tried again, which, why, and what came of it.
      CREATE TABLE redrives (
        id TEXT NOT NULL PRIMARY KEY,
        started_by TEXT NOT NULL,
        why TEXT NOT NULL,
        -- JSON: a list of ids, or a filter.
        ids TEXT,
        filter TEXT,
        per_second REAL,
        stop_on_same_failure INTEGER NOT NULL,
        state TEXT NOT NULL DEFAULT 'RUNNING'
          CHECK (state IN ('RUNNING', 'FINISHED', 'STOPPED', 'CANCELLED')),
        total INTEGER NOT NULL,
        redriven INTEGER NOT NULL DEFAULT 0,
        skipped INTEGER NOT NULL DEFAULT 0,
        failed_again INTEGER NOT NULL DEFAULT 0,
        stop_reason TEXT,
        -- The letters left are those behind `position`, up to `last_id`.
        position TEXT NOT NULL DEFAULT '',
        last_id TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        finished_at INTEGER,
        CHECK ((ids IS NULL) <> (filter IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX redrives_running ON redrives (id) WHERE state = 'RUNNING';
      """)
  }
}

extension CommitSignal {
  /// Redrives were begun or came to an end.
  public static let redrives = CommitSignal("redrives")
}
