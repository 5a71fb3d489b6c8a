import Storage

extension [Migration] {
  static var tasks: [Migration] {
    [
      Migration(
        "tasks.1",
        """
        CREATE TABLE task_runs (
          task_id TEXT NOT NULL PRIMARY KEY,
          user_id TEXT NOT NULL,
          status TEXT NOT NULL CHECK (status IN ('PENDING', 'RUNNING', 'SUCCESS', 'FAILED', 'CANCELLED')),
          attempt INTEGER NOT NULL,
          earlier_attempts INTEGER NOT NULL,
          lines INTEGER NOT NULL DEFAULT 0,
          sequence INTEGER NOT NULL,
          -- Null when it was cancelled before it arrived here.
          job_id TEXT,
          is_cancelled INTEGER NOT NULL,
          reason TEXT,
          next_attempt_at INTEGER,
          updated_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX task_runs_over ON task_runs (updated_at)
          WHERE status IN ('SUCCESS', 'CANCELLED') OR job_id IS NULL;
        """)
    ]
  }
}
