-- Stacks of running bodies: asked for by one process, told by the worker that has the job. Few rows, soon gone.

CREATE TABLE stacks (
    namespace TEXT NOT NULL,
    job_id TEXT NOT NULL,
    fence INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    stack TEXT,
    PRIMARY KEY (namespace, job_id, fence)
) WITHOUT ROWID;
