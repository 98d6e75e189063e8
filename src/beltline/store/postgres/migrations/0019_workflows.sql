-- Workflows, every version that was ever applied, and the signals that runs of them were sent.

CREATE TABLE workflows (
    namespace text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    graph text NOT NULL,
    applied_at bigint NOT NULL,
    -- The newest of its name has the highest turn: a wall clock may jump.
    turn bigint NOT NULL,
    PRIMARY KEY (namespace, name, version)
);

-- A signal may come before its step waits for it; the first one of a name counts.
CREATE TABLE signals (
    namespace text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    payload bytea NOT NULL,
    actor text NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (namespace, job_id, name)
);
