-- Workflows, every version that was ever applied, and the signals that runs of them were sent.

CREATE TABLE workflows (
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    graph TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    -- The newest of its name has the highest turn: a wall clock may jump.
    turn INTEGER NOT NULL,
    PRIMARY KEY (namespace, name, version)
) WITHOUT ROWID;

-- A signal may come before its step waits for it; the first one of a name counts.
CREATE TABLE signals (
    namespace TEXT NOT NULL,
    job_id TEXT NOT NULL,
    name TEXT NOT NULL,
    payload BLOB NOT NULL,
    actor TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (namespace, job_id, name)
) WITHOUT ROWID;
