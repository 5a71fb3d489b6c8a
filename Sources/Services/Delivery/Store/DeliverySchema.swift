import Storage

extension [Migration] {
  static var delivery: [Migration] {
    [
      Migration(
        "delivery.1",
        """
        CREATE TABLE deliveries (
          id TEXT NOT NULL PRIMARY KEY,
          workflow_id TEXT UNIQUE,
          name TEXT NOT NULL,
          state TEXT NOT NULL CHECK (state IN ('NEW', 'DELIVERED')),
          created_at INTEGER NOT NULL,
          updated_at INTEGER NOT NULL,
          sent_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX deliveries_state ON deliveries (state, id);
        """)
    ]
  }
}
