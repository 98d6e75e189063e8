-- The first schema. Tables have no rowid: the primary key is the table, one tree less to write for each job.
-- States are checked by OR: SQLite builds a table for an IN list, which cost 1.2 us for each job stored.

CREATE TABLE jobs (
    namespace TEXT NOT NULL,
    id TEXT NOT NULL,
    definition TEXT NOT NULL,
    version TEXT NOT NULL,
    queue TEXT NOT NULL,
    state TEXT NOT NULL CHECK (
        state = 'queued' OR state = 'running' OR state = 'scheduled' OR state = 'retrying'
        OR state = 'waiting' OR state = 'paused'
    ),
    reason TEXT NOT NULL,
    priority INTEGER NOT NULL,
    order_key INTEGER,
    run_at INTEGER,
    payload BLOB NOT NULL,
    payload_hash BLOB NOT NULL,
    labels TEXT,
    created_at INTEGER NOT NULL,
    queued_at INTEGER,
    started_at INTEGER,
    finished_at INTEGER CHECK (finished_at IS NULL),
    fence INTEGER NOT NULL DEFAULT 0,
    runs INTEGER NOT NULL DEFAULT 0,
    attempts_used INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL,
    session TEXT,
    request TEXT CHECK (request = 'cancel' OR request = 'pause'),
    paused_from TEXT,
    timeout_us INTEGER,
    deadline_at INTEGER,
    expires_at INTEGER,
    result BLOB,
    error BLOB,
    progress REAL,
    progress_note TEXT,
    correlation_id TEXT,
    traceparent TEXT,
    owner TEXT,
    actor TEXT,
    parent TEXT,
    root TEXT,
    idempotency_key TEXT,
    discarded_at INTEGER CHECK (discarded_at IS NULL),
    PRIMARY KEY (namespace, id)
) WITHOUT ROWID;

-- The statements name the partial indexes they need (INDEXED BY): without statistics the planner takes the
-- primary key for cheaper. queued_at and state here, queue and state below, make the counts index-only.
CREATE INDEX jobs_ready ON jobs (namespace, queue, order_key, id, queued_at, state) WHERE state = 'queued';

-- One index for all that is neither ready nor held: each index whose condition names the state slows a claim.
CREATE INDEX jobs_later ON jobs (namespace, state, run_at, queue)
WHERE state <> 'queued' AND state <> 'running';

CREATE INDEX jobs_held ON jobs (namespace, session) WHERE state = 'running';

CREATE INDEX jobs_deadline ON jobs (namespace, deadline_at) WHERE deadline_at IS NOT NULL;

CREATE INDEX jobs_expiry ON jobs (namespace, expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE dead (
    namespace TEXT NOT NULL,
    id TEXT NOT NULL,
    definition TEXT NOT NULL,
    version TEXT NOT NULL,
    queue TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state = 'failed' OR state = 'timed_out'),
    reason TEXT NOT NULL,
    priority INTEGER NOT NULL,
    order_key INTEGER,
    run_at INTEGER,
    payload BLOB NOT NULL,
    payload_hash BLOB NOT NULL,
    labels TEXT,
    created_at INTEGER NOT NULL,
    queued_at INTEGER,
    started_at INTEGER,
    finished_at INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    runs INTEGER NOT NULL,
    attempts_used INTEGER NOT NULL,
    crashes INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    session TEXT,
    request TEXT,
    paused_from TEXT,
    timeout_us INTEGER,
    deadline_at INTEGER,
    expires_at INTEGER,
    result BLOB,
    error BLOB,
    progress REAL,
    progress_note TEXT,
    correlation_id TEXT,
    traceparent TEXT,
    owner TEXT,
    actor TEXT,
    parent TEXT,
    root TEXT,
    idempotency_key TEXT,
    discarded_at INTEGER,
    PRIMARY KEY (namespace, id)
) WITHOUT ROWID;

CREATE INDEX dead_finished ON dead (namespace, finished_at);

CREATE INDEX dead_letters ON dead (namespace, queue, state, discarded_at) WHERE discarded_at IS NULL;

CREATE TABLE history (
    namespace TEXT NOT NULL,
    id TEXT NOT NULL,
    definition TEXT NOT NULL,
    version TEXT NOT NULL,
    queue TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state = 'succeeded' OR state = 'cancelled'),
    reason TEXT NOT NULL,
    priority INTEGER NOT NULL,
    order_key INTEGER,
    run_at INTEGER,
    payload BLOB NOT NULL,
    payload_hash BLOB NOT NULL,
    labels TEXT,
    created_at INTEGER NOT NULL,
    queued_at INTEGER,
    started_at INTEGER,
    finished_at INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    runs INTEGER NOT NULL,
    attempts_used INTEGER NOT NULL,
    crashes INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    session TEXT,
    request TEXT,
    paused_from TEXT,
    timeout_us INTEGER,
    deadline_at INTEGER,
    expires_at INTEGER,
    result BLOB,
    error BLOB,
    progress REAL,
    progress_note TEXT,
    correlation_id TEXT,
    traceparent TEXT,
    owner TEXT,
    actor TEXT,
    parent TEXT,
    root TEXT,
    idempotency_key TEXT,
    discarded_at INTEGER CHECK (discarded_at IS NULL),
    PRIMARY KEY (namespace, id)
) WITHOUT ROWID;

CREATE INDEX history_finished ON history (namespace, finished_at);

CREATE TABLE idempotency (
    namespace TEXT NOT NULL,
    definition TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    job_id TEXT NOT NULL,
    payload_hash BLOB NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (namespace, definition, idempotency_key)
) WITHOUT ROWID;

CREATE INDEX idempotency_expiry ON idempotency (namespace, expires_at) WHERE expires_at IS NOT NULL;

-- `turn` says which version of a name was applied last: a wall clock may jump.
CREATE TABLE definitions (
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    queue TEXT NOT NULL,
    schema TEXT NOT NULL,
    policies TEXT NOT NULL,
    owner TEXT NOT NULL,
    runbook TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    PRIMARY KEY (namespace, name, version)
) WITHOUT ROWID;

CREATE TABLE attempts (
    namespace TEXT NOT NULL,
    job_id TEXT NOT NULL,
    run INTEGER NOT NULL,
    session TEXT,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    outcome TEXT,
    error BLOB,
    PRIMARY KEY (namespace, job_id, run)
) WITHOUT ROWID;

CREATE TABLE sessions (
    namespace TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    lease_us INTEGER NOT NULL,
    queues TEXT,
    concurrency INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    beat_at INTEGER NOT NULL,
    beats INTEGER NOT NULL DEFAULT 0,
    closed_at INTEGER,
    lost_at INTEGER,
    PRIMARY KEY (namespace, id)
) WITHOUT ROWID;

CREATE TABLE queues (
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    paused INTEGER NOT NULL DEFAULT 0,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (namespace, name)
) WITHOUT ROWID;

-- Appended by the hot verbs, folded into rollups by upkeep; the only table whose rowid is its order.
CREATE TABLE deltas (
    id INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    minute INTEGER NOT NULL,
    definition TEXT NOT NULL,
    queue TEXT NOT NULL,
    event TEXT NOT NULL,
    jobs INTEGER NOT NULL,
    run_us INTEGER NOT NULL,
    wait_us INTEGER NOT NULL
);

CREATE INDEX deltas_namespace ON deltas (namespace);

CREATE TABLE rollups (
    namespace TEXT NOT NULL,
    minute INTEGER NOT NULL,
    definition TEXT NOT NULL,
    queue TEXT NOT NULL,
    event TEXT NOT NULL,
    jobs INTEGER NOT NULL,
    run_us INTEGER NOT NULL,
    wait_us INTEGER NOT NULL,
    PRIMARY KEY (namespace, minute, definition, queue, event)
) WITHOUT ROWID;

CREATE TABLE job_logs (
    namespace TEXT NOT NULL,
    job_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    run INTEGER NOT NULL,
    at INTEGER NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (namespace, job_id, seq)
) WITHOUT ROWID;

CREATE TABLE audit (
    namespace TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    reason TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (namespace, seq)
) WITHOUT ROWID;
