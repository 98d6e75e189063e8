-- Jobs with children, and how far these are.

-- `total` grows with the submits of the parent's body; what ended is added by `batch_fold`, from the deltas. `turn`
-- counts what happened, `seen` how much of it was looked at: where they differ, the batch is due.
CREATE TABLE batches (
    namespace TEXT NOT NULL,
    job_id TEXT NOT NULL,
    parent TEXT,
    root TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    total INTEGER NOT NULL,
    succeeded INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    flawed INTEGER NOT NULL,
    run_us INTEGER NOT NULL,
    is_stopped INTEGER NOT NULL,
    ended_at INTEGER,
    turn INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (namespace, job_id)
) WITHOUT ROWID;

CREATE INDEX batches_root ON batches (namespace, root, created_at);

CREATE INDEX batches_due ON batches (namespace, job_id) WHERE turn <> seen;

-- Appended by each apply for the parents of what ended, folded soon after.
CREATE TABLE batch_deltas (
    id INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    parent TEXT NOT NULL,
    succeeded INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    flawed INTEGER NOT NULL,
    run_us INTEGER NOT NULL
);

CREATE INDEX batch_deltas_namespace ON batch_deltas (namespace);

CREATE INDEX jobs_parent ON jobs (namespace, parent, id) WHERE parent IS NOT NULL;

CREATE INDEX dead_parent ON dead (namespace, parent, id) WHERE parent IS NOT NULL;

CREATE INDEX history_parent ON history (namespace, parent, id) WHERE parent IS NOT NULL;
