import Storage

extension [Migration] {
  static var accounts: [Migration] {
    [
      Migration(
        "accounts.1",
        """
        CREATE TABLE users (
          id TEXT NOT NULL PRIMARY KEY,
          email TEXT NOT NULL,
          -- What makes the address unique: without regard to case.
          email_folded TEXT NOT NULL UNIQUE,
          password TEXT NOT NULL,
          role TEXT NOT NULL CHECK (role IN ('user', 'operator')),
          created_at INTEGER NOT NULL,
          updated_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- A log-in, and the family of refresh tokens that comes of it.
        CREATE TABLE sessions (
          id TEXT NOT NULL PRIMARY KEY,
          user_id TEXT NOT NULL REFERENCES users (id),
          created_at INTEGER NOT NULL,
          last_used_at INTEGER NOT NULL,
          expires_at INTEGER NOT NULL,
          ended_at INTEGER,
          ended_because TEXT
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sessions_user ON sessions (user_id, id);
        CREATE INDEX sessions_expiry ON sessions (expires_at);

        -- Refresh tokens, by their SHA-256. One that was used stays, so that its second use is noticed.
        CREATE TABLE refresh_tokens (
          hash BLOB NOT NULL PRIMARY KEY,
          session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
          created_at INTEGER NOT NULL,
          used_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
        CREATE INDEX refresh_tokens_used ON refresh_tokens (used_at) WHERE used_at IS NOT NULL;

        -- What tokens are signed with. A key is published before it signs, and as long as what it signed counts.
        CREATE TABLE signing_keys (
          kid TEXT NOT NULL PRIMARY KEY,
          pem TEXT NOT NULL,
          created_at INTEGER NOT NULL,
          active_at INTEGER NOT NULL,
          withdrawn_at INTEGER
        ) STRICT, WITHOUT ROWID;

        -- Log-ins that were tried and did not succeed.
        CREATE TABLE login_attempts (
          subject TEXT NOT NULL PRIMARY KEY,
          failures INTEGER NOT NULL,
          blocked_until INTEGER NOT NULL,
          last_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX login_attempts_age ON login_attempts (last_at);

        -- Where the owner of an account has logged in from.
        CREATE TABLE login_networks (
          subject TEXT NOT NULL PRIMARY KEY,
          last_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX login_networks_age ON login_networks (last_at);
        """)
    ]
  }
}
