-- The yardstick: the least that a queue with fences and a history must do, and nothing else. Tables without
-- bookkeeping columns, a claim of the front, a move to history guarded by the pair (id, fence), one connection.
-- src/beltline/proof/raw.py drives it; a drain is divided by what this reaches in the same run.

-- name: postgres.create
CREATE TABLE raw_jobs (
    id bigint PRIMARY KEY,
    queue text NOT NULL,
    state text NOT NULL,
    order_key bigint NOT NULL,
    fence bigint NOT NULL,
    payload bytea NOT NULL
);
CREATE INDEX raw_ready ON raw_jobs (queue, order_key, id) WHERE state = 'queued';
CREATE TABLE raw_history (id bigint PRIMARY KEY, fence bigint NOT NULL, payload bytea NOT NULL, finished_at bigint NOT NULL);

-- name: postgres.insert
INSERT INTO raw_jobs (id, queue, state, order_key, fence, payload)
SELECT i, 'default', 'queued', i, 0, '{"n":12345}' FROM generate_series(1, $1::bigint) AS i;
