// The physical limit that group commit is held against: the same durable inserts with plain SQLite calls.
//   cc -O2 -o sqlite_c sqlite_c.c -lsqlite3
//   sqlite_c FILE ROWS BATCH    prints rows per second
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void check(sqlite3 *db, int rc) {
  if (rc != SQLITE_OK && rc != SQLITE_DONE) {
    fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(db));
    exit(1);
  }
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  long rows = atol(argv[2]), batch = atol(argv[3]);
  sqlite3 *db;
  check(NULL, sqlite3_open(argv[1], &db));
  check(db, sqlite3_exec(db,
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -8000;"
    "PRAGMA wal_autocheckpoint = 4000;"
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT",
    NULL, NULL, NULL));
  sqlite3_stmt *insert, *begin, *commit;
  check(db, sqlite3_prepare_v2(db, "INSERT INTO notes (name, created_at) VALUES (?, ?)", -1, &insert, NULL));
  check(db, sqlite3_prepare_v2(db, "BEGIN IMMEDIATE", -1, &begin, NULL));
  check(db, sqlite3_prepare_v2(db, "COMMIT", -1, &commit, NULL));
  struct timespec a, b;
  clock_gettime(CLOCK_MONOTONIC, &a);
  for (long done = 0; done < rows;) {
    check(db, sqlite3_step(begin)); sqlite3_reset(begin);
    for (long i = 0; i < batch && done < rows; i++, done++) {
      sqlite3_bind_text(insert, 1, "a name of about thirty letters", -1, SQLITE_STATIC);
      sqlite3_bind_int64(insert, 2, done);
      check(db, sqlite3_step(insert)); sqlite3_reset(insert);
    }
    check(db, sqlite3_step(commit)); sqlite3_reset(commit);
  }
  clock_gettime(CLOCK_MONOTONIC, &b);
  double seconds = (b.tv_sec - a.tv_sec) + (b.tv_nsec - a.tv_nsec) / 1e9;
  printf("%.0f\n", rows / seconds);
  sqlite3_finalize(insert); sqlite3_finalize(begin); sqlite3_finalize(commit);
  sqlite3_close(db);
  return 0;
}
