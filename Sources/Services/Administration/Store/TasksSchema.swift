import Storage

extension [Migration] {
  static var userTasks: [Migration] {
    [
      Migration(
        "tasks.1",
        """
        CREATE TABLE tasks (
          id TEXT NOT NULL PRIMARY KEY,
          user_id TEXT NOT NULL,
          kind TEXT NOT NULL,
          input TEXT NOT NULL,
          status TEXT NOT NULL CHECK (status IN ('PENDING', 'RUNNING', 'SUCCESS', 'FAILED', 'CANCELLED')),
          attempt INTEGER NOT NULL,
          sequence INTEGER NOT NULL,
          runner TEXT,
          lines INTEGER NOT NULL,
          reason TEXT,
          next_attempt_at INTEGER,
          cancel_requested_at INTEGER,
          created_at INTEGER NOT NULL,
          updated_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX tasks_user ON tasks (user_id, id);
        CREATE INDEX tasks_user_status ON tasks (user_id, status, id);

        -- What happened to tasks, in the order in which it was learnt here: for whoever watches.
        CREATE TABLE task_changes (
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          task_id TEXT NOT NULL,
          user_id TEXT NOT NULL,
          status TEXT NOT NULL,
          attempt INTEGER NOT NULL,
          sequence INTEGER NOT NULL,
          reason TEXT,
          next_attempt_at INTEGER,
          cancel_requested_at INTEGER,
          updated_at INTEGER NOT NULL,
          noted_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX task_changes_user ON task_changes (user_id, seq);

        CREATE TABLE task_lines (
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          task_id TEXT NOT NULL,
          attempt INTEGER NOT NULL,
          line INTEGER NOT NULL,
          text TEXT NOT NULL,
          logged_at INTEGER NOT NULL,
          UNIQUE (task_id, attempt, line)
        ) STRICT;
        CREATE INDEX task_lines_task ON task_lines (task_id, seq);
        """)
    ]
  }
}
