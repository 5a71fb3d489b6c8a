import Storage

extension [Migration] {
  static var orders: [Migration] {
    [
      Migration(
        "orders.1",
        """
        CREATE TABLE orders (
          id TEXT NOT NULL PRIMARY KEY,
          user_id TEXT NOT NULL,
          product_code TEXT NOT NULL,
          status TEXT NOT NULL CHECK (status IN ('PENDING', 'CREATED', 'FAILED')),
          customer_fullname TEXT,
          product_name TEXT,
          -- In hundredths.
          total_amount INTEGER,
          is_stale INTEGER NOT NULL DEFAULT 0,
          reason TEXT,
          -- The field that asks for what there is not.
          wrong_field TEXT CHECK (wrong_field IN ('user_id', 'product_code')),
          attempt INTEGER NOT NULL DEFAULT 0,
          -- Attempts of jobs before the one that has it now; each counts its own from 1.
          earlier_attempts INTEGER NOT NULL DEFAULT 0,
          next_attempt_at INTEGER,
          tried_since INTEGER NOT NULL,
          job_id TEXT NOT NULL,
          created_at INTEGER NOT NULL,
          updated_at INTEGER NOT NULL,
          -- Grows with every change of any order: the place of this one in the stream of changes.
          change INTEGER NOT NULL,
          CHECK ((status = 'CREATED') = (total_amount IS NOT NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX orders_change ON orders (change);
        CREATE INDEX orders_user ON orders (user_id, id);
        CREATE INDEX orders_open ON orders (status, id) WHERE status <> 'CREATED';
        """)
    ]
  }
}
