-- The yardstick: the least that any job queue with fences and a history must do, and nothing else. Tables without
-- bookkeeping, a claim of the front of a queue, a move to history guarded by the pair (id, fence), one connection,
-- nothing between. src/beltline/proof/raw.py drives it; benchmarks print ratios to it, measured in the same run.
-- Ids are texts of 26 characters, as a client makes them: with integers in their place PostgreSQL drains a fifth more.

-- name: postgres.create
CREATE TABLE raw_jobs (
    id text COLLATE "C" PRIMARY KEY,
    queue text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    order_key bigint NOT NULL,
    fence bigint NOT NULL,
    payload bytea NOT NULL
);
CREATE INDEX raw_ready ON raw_jobs (queue, order_key, id) WHERE state = 'queued';
CREATE TABLE raw_history (
    id text COLLATE "C" PRIMARY KEY,
    fence bigint NOT NULL,
    payload bytea NOT NULL,
    finished_at bigint NOT NULL
);

-- name: postgres.insert
INSERT INTO raw_jobs (id, queue, state, order_key, fence, payload)
SELECT i.id, 'default', 'queued', i.order_key, 0, i.payload
FROM unnest($1::text[], $2::bigint[], $3::bytea[]) AS i (id, order_key, payload);

-- name: postgres.claim
WITH
front AS MATERIALIZED (
    SELECT r.id
    FROM raw_jobs AS r
    WHERE r.queue = 'default' AND r.state = 'queued'
    ORDER BY r.order_key, r.id
    LIMIT $1
    FOR UPDATE SKIP LOCKED
)
UPDATE raw_jobs AS r
SET state = 'running', fence = r.fence + 1
FROM front
WHERE r.id = front.id
RETURNING r.id, r.fence, r.payload;

-- name: postgres.settle
WITH
gone AS (
    DELETE FROM raw_jobs AS r
    USING unnest($1::text[], $2::bigint[]) AS i (id, fence)
    WHERE r.id = i.id AND r.fence = i.fence AND r.state = 'running'
    RETURNING r.id, r.fence, r.payload
)
INSERT INTO raw_history (id, fence, payload, finished_at)
SELECT g.id, g.fence, g.payload, $3 FROM gone AS g;

-- name: postgres.drop
DROP TABLE IF EXISTS raw_jobs, raw_history;

-- name: sqlite.open
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;

-- name: sqlite.begin
BEGIN IMMEDIATE;

-- name: sqlite.create
CREATE TABLE raw_jobs (
    id TEXT PRIMARY KEY,
    queue TEXT NOT NULL,
    state TEXT NOT NULL,
    order_key INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    payload BLOB NOT NULL
);
CREATE INDEX raw_ready ON raw_jobs (queue, order_key, id) WHERE state = 'queued';
CREATE TABLE raw_history (
    id TEXT PRIMARY KEY,
    fence INTEGER NOT NULL,
    payload BLOB NOT NULL,
    finished_at INTEGER NOT NULL
);

-- name: sqlite.insert
INSERT INTO raw_jobs (id, queue, state, order_key, fence, payload) VALUES (?, 'default', 'queued', ?, 0, ?);

-- name: sqlite.claim
UPDATE raw_jobs
SET state = 'running', fence = fence + 1
WHERE id IN (
    SELECT id FROM raw_jobs WHERE queue = 'default' AND state = 'queued' ORDER BY order_key, id LIMIT ?
)
RETURNING id, fence, payload;

-- name: sqlite.settle
INSERT INTO raw_history (id, fence, payload, finished_at)
SELECT r.id, r.fence, r.payload, :at
FROM json_each(:pairs) AS i
CROSS JOIN raw_jobs AS r
    ON r.id = json_extract(i.value, '$[0]') AND r.fence = json_extract(i.value, '$[1]') AND r.state = 'running';

-- name: sqlite.leave
DELETE FROM raw_jobs
WHERE state = 'running'
    AND (id, fence) IN (SELECT json_extract(i.value, '$[0]'), json_extract(i.value, '$[1]') FROM json_each(:pairs) AS i);
