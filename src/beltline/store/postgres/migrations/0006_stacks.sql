-- Stacks of running bodies: asked for by one process, told by the worker that has the job. Few rows, soon gone.

CREATE TABLE stacks (
    namespace text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    fence bigint NOT NULL,
    asked_at bigint NOT NULL,
    stack text,
    PRIMARY KEY (namespace, job_id, fence)
);
