-- Jobs with children, and how far these are.

-- `total` grows with the submits of the parent's body; what ended is added by `batch_fold`, from the deltas. `turn` counts
-- what happened, `seen` how much of it was looked at: where they differ, the batch is due.
CREATE TABLE batches (
    namespace text COLLATE "C" NOT NULL,
    job_id text COLLATE "C" NOT NULL,
    parent text COLLATE "C",
    root text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    total bigint NOT NULL,
    succeeded bigint NOT NULL,
    failed bigint NOT NULL,
    cancelled bigint NOT NULL,
    flawed bigint NOT NULL,
    run_us bigint NOT NULL,
    is_stopped boolean NOT NULL,
    ended_at bigint,
    turn bigint NOT NULL,
    seen bigint NOT NULL,
    PRIMARY KEY (namespace, job_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
CREATE INDEX batches_root ON batches (namespace, root, created_at);
CREATE INDEX batches_due ON batches (namespace, job_id) WHERE turn <> seen;

-- Appended by each apply for the parents of what ended, folded soon after.
CREATE TABLE batch_deltas (
    namespace text COLLATE "C" NOT NULL,
    parent text COLLATE "C" NOT NULL,
    succeeded bigint NOT NULL,
    failed bigint NOT NULL,
    cancelled bigint NOT NULL,
    flawed bigint NOT NULL,
    run_us bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX jobs_parent ON jobs (namespace, parent, id) WHERE parent IS NOT NULL;
CREATE INDEX dead_parent ON dead (namespace, parent, id) WHERE parent IS NOT NULL;
CREATE INDEX history_parent ON history (namespace, parent, id) WHERE parent IS NOT NULL;
