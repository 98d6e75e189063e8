-- Replays of many dead letters at a pace: what is to be replayed and how far it is, so that any worker carries it on.
-- `policy` is empty for what a person began, else the JSON text of the definition's option; `rate` is empty for none.
CREATE TABLE replay_runs (
    namespace TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'watching', 'done', 'stopped', 'cancelled')),
    fingerprint TEXT,
    definition TEXT,
    queue TEXT,
    labels TEXT,
    rate TEXT NOT NULL,
    stop_on_same_error INTEGER NOT NULL,
    policy TEXT NOT NULL,
    total INTEGER NOT NULL,
    replayed INTEGER NOT NULL DEFAULT 0,
    succeeded INTEGER NOT NULL DEFAULT 0,
    came_back INTEGER NOT NULL DEFAULT 0,
    ended_otherwise INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    why TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_by TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (namespace, id)
) WITHOUT ROWID;

CREATE INDEX replay_runs_open ON replay_runs (namespace) WHERE state = 'running' OR state = 'watching';

-- The letters that a run replayed. `fence` is the one that they had as letters; `outcome` is empty until they end again.
CREATE TABLE replay_marks (
    namespace TEXT NOT NULL,
    run_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    fence INTEGER NOT NULL,
    times INTEGER NOT NULL,
    replayed_at INTEGER NOT NULL,
    outcome TEXT,
    PRIMARY KEY (namespace, run_id, job_id)
) WITHOUT ROWID;

CREATE INDEX replay_marks_open ON replay_marks (namespace, run_id) WHERE outcome IS NULL;
