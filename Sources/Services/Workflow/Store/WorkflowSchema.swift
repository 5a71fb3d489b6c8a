import Storage

extension [Migration] {
  static var workflow: [Migration] {
    [
      Migration(
        "workflow.1",
        """
        CREATE TABLE workflows (
          id TEXT NOT NULL PRIMARY KEY,
          name TEXT NOT NULL,
          created_at INTEGER NOT NULL,
          updated_at INTEGER NOT NULL,
          delivery_id TEXT UNIQUE,
          delivery_state TEXT CHECK (delivery_state IN ('NEW', 'DELIVERED')),
          CHECK ((delivery_id IS NULL) = (delivery_state IS NULL))
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE tasks (
          workflow_id TEXT NOT NULL REFERENCES workflows (id),
          name TEXT NOT NULL CHECK (name IN ('PREPARE', 'REVIEW', 'DELIVER')),
          state TEXT NOT NULL CHECK (state IN ('NEW', 'IN_PROGRESS', 'DONE')),
          updated_at INTEGER NOT NULL,
          PRIMARY KEY (workflow_id, name)
        ) STRICT, WITHOUT ROWID;
        """)
    ]
  }
}
