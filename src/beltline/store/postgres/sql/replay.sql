-- Moves dead, not discarded jobs back to the queue and returns their ids. Their last run becomes an attempt of its own,
-- unless it is one already; their idempotency keys live again, unless they stand for other jobs by now; their groups keep
-- when they were seen; their parents count them as failed no more. $1 namespace, $2 ids in order, $3 now, $4 head start,
-- $5 whether to wait instead.
WITH
gone AS (
    DELETE FROM dead AS d
    USING (
        SELECT p.place
        FROM unnest($2::text[]) AS i (id)
        CROSS JOIN LATERAL (SELECT l.ctid AS place FROM dead AS l WHERE l.namespace = $1 AND l.id = i.id OFFSET 0) AS p
    ) AS f
    WHERE d.ctid = f.place AND d.discarded_at IS NULL
    RETURNING d.*
),
ended AS (
    INSERT INTO attempts (namespace, job_id, run, session, started_at, finished_at, outcome, error, version)
    SELECT $1, g.id, g.runs, g.session, g.started_at, g.finished_at, g.reason, g.error, g.ran_version
    FROM gone AS g
    WHERE g.runs > 0
    ON CONFLICT (namespace, job_id, run) DO NOTHING
),
keyed AS (
    INSERT INTO idempotency AS k (namespace, definition, idempotency_key, job_id, payload_hash)
    SELECT $1, g.definition, g.idempotency_key, g.id, g.payload_hash
    FROM gone AS g
    WHERE g.idempotency_key IS NOT NULL
    ON CONFLICT (namespace, definition, idempotency_key) DO UPDATE
    SET expires_at = NULL
    WHERE k.job_id = excluded.job_id
),
seen AS (
    INSERT INTO dead_groups AS s (namespace, fingerprint, first_at, last_at)
    SELECT $1, g.fingerprint, min(g.finished_at), max(g.finished_at)
    FROM gone AS g
    GROUP BY g.fingerprint
    ORDER BY g.fingerprint
    ON CONFLICT (namespace, fingerprint) DO UPDATE
    SET first_at = least(s.first_at, excluded.first_at), last_at = greatest(s.last_at, excluded.last_at)
),
regrown AS (
    INSERT INTO batch_deltas (namespace, parent, succeeded, failed, cancelled, flawed, run_us)
    SELECT $1, g.parent, 0, -count(*), 0, 0, 0 FROM gone AS g WHERE g.parent IS NOT NULL GROUP BY g.parent
)
INSERT INTO jobs
SELECT
    g.namespace, g.id, g.definition, g.version, g.queue, CASE WHEN $5::boolean THEN 'waiting' ELSE 'queued' END, 'replayed', g.priority,
    $3 - g.priority * $4::bigint, $3, g.payload, g.payload_hash, g.labels, g.created_at, $3, g.started_at, NULL,
    g.fence + 1, g.runs, 0, 0, g.max_attempts, NULL, NULL, NULL, g.timeout_us, NULL, NULL, NULL, NULL, NULL, NULL,
    g.correlation_id, g.traceparent, g.owner, g.actor, g.parent, g.root, g.idempotency_key, NULL,
    g.needs, NULL, g.backoff
FROM gone AS g
RETURNING id
