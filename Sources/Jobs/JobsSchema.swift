public import Storage

extension [Migration] {
  /// The table of jobs, beside the tables of messaging.
  public static var jobs: [Migration] {
    [
      Migration(
        "jobs.1",
        """
        CREATE TABLE jobs (
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          id TEXT NOT NULL UNIQUE,
          kind TEXT NOT NULL,
          lane TEXT,
          unique_key TEXT,
          state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'succeeded', 'dead', 'cancelled')),
          payload BLOB NOT NULL,
          run_at INTEGER NOT NULL,
          -- Milliseconds, for a job that comes again; its end enqueues the next.
          period INTEGER,
          -- Another unfinished job of its lane comes first.
          behind INTEGER NOT NULL DEFAULT 0,
          -- How often it was taken up: tells a run from the runs before it.
          run INTEGER NOT NULL DEFAULT 0,
          -- The last attempt that was begun, counted from 1; it is 0 before the first.
          attempt INTEGER NOT NULL DEFAULT 0,
          -- Set when the process ended while the job ran: its next run is the same attempt again.
          interrupted INTEGER NOT NULL DEFAULT 0,
          interruptions INTEGER NOT NULL DEFAULT 0,
          cancel_requested INTEGER NOT NULL DEFAULT 0,
          last_error TEXT,
          correlation_id TEXT,
          causation_id TEXT,
          traceparent TEXT,
          tracestate TEXT,
          created_at INTEGER NOT NULL,
          started_at INTEGER,
          finished_at INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX jobs_unique ON jobs (kind, unique_key)
          WHERE unique_key IS NOT NULL AND state IN ('waiting', 'running');
        CREATE INDEX jobs_due ON jobs (kind, run_at, seq) WHERE state = 'waiting' AND behind = 0;
        CREATE INDEX jobs_lane ON jobs (kind, lane, seq)
          WHERE lane IS NOT NULL AND state IN ('waiting', 'running');
        CREATE INDEX jobs_running ON jobs (kind) WHERE state = 'running';
        CREATE INDEX jobs_periodic ON jobs (kind) WHERE period IS NOT NULL AND state IN ('waiting', 'running');
        CREATE INDEX jobs_finished ON jobs (finished_at) WHERE state IN ('succeeded', 'cancelled');
        """)
    ]
  }
}

extension CommitSignal {
  /// Jobs wait to be run.
  static let jobs = CommitSignal("jobs")
  /// Running jobs are to be cancelled.
  static let cancellations = CommitSignal("jobs.cancellations")
  /// Jobs came to an end: for whoever waits for one.
  public static let finished = CommitSignal("jobs.finished")
}
