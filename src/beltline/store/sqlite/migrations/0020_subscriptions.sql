-- Who is told of the outcomes of jobs, and the outcomes that are still to be told.

CREATE TABLE subscriptions (
    namespace TEXT NOT NULL,
    id TEXT NOT NULL,
    url TEXT NOT NULL,
    spec TEXT NOT NULL,
    secret BLOB NOT NULL,
    old_secret BLOB,
    old_until INTEGER,
    paused INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (namespace, id)
) WITHOUT ROWID;

CREATE TABLE outcomes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace TEXT NOT NULL,
    job_id TEXT NOT NULL,
    fence INTEGER NOT NULL,
    definition TEXT NOT NULL,
    queue TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    labels TEXT,
    finished_at INTEGER NOT NULL
);
CREATE INDEX outcomes_noted ON outcomes (namespace, seq);
