-- Replays of many dead letters at a pace: what is to be replayed and how far it is, so that any worker carries it on.
-- `policy` is empty for what a person began, else the JSON text of the definition's option; `rate` is empty for none.
CREATE TABLE replay_runs (
    namespace text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL CHECK (state IN ('running', 'watching', 'done', 'stopped', 'cancelled')),
    fingerprint text COLLATE "C",
    definition text COLLATE "C",
    queue text COLLATE "C",
    labels text,
    rate text NOT NULL,
    stop_on_same_error boolean NOT NULL,
    policy text NOT NULL,
    total bigint NOT NULL,
    replayed bigint NOT NULL DEFAULT 0,
    succeeded bigint NOT NULL DEFAULT 0,
    came_back bigint NOT NULL DEFAULT 0,
    ended_otherwise bigint NOT NULL DEFAULT 0,
    next_at bigint NOT NULL,
    actor text NOT NULL,
    why text NOT NULL,
    created_at bigint NOT NULL,
    ended_at bigint,
    ended_by text NOT NULL DEFAULT '',
    PRIMARY KEY (namespace, id)
);

CREATE INDEX replay_runs_open ON replay_runs (namespace) WHERE state = 'running' OR state = 'watching';

-- The letters that a run replayed. `fence` is the one that they had as letters; `outcome` is empty until they end again.
CREATE TABLE replay_marks (
    namespace text COLLATE "C" NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    fence bigint NOT NULL,
    times bigint NOT NULL,
    replayed_at bigint NOT NULL,
    outcome text COLLATE "C",
    PRIMARY KEY (namespace, run_id, job_id)
);

CREATE INDEX replay_marks_open ON replay_marks (namespace, run_id) WHERE outcome IS NULL;
