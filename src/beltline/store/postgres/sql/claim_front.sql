-- Takes the front of one queue, of the jobs that ask nothing of their worker. $1 namespace, $2 session, $3 now, $4 limit, $5 queue, $6 the first
-- order key to look at.
-- `ready` gives the rows in order, SKIP LOCKED passes over what another claim holds; the update finds them again by
-- their place (ctid), which the lock keeps. No row where the session is not open.
WITH
front AS MATERIALIZED (
    SELECT j.ctid AS place
    FROM jobs AS j
    WHERE j.namespace = $1
        AND j.queue = $5
        AND j.needs = ''
        AND j.state = 'queued'
        AND j.order_key >= $6
        AND (j.expires_at IS NULL OR j.expires_at > $3 OR j.runs > 0)
        AND (j.deadline_at IS NULL OR j.deadline_at > $3)
        AND EXISTS (
            SELECT FROM sessions AS s
            WHERE s.namespace = $1 AND s.id = $2 AND s.closed_at IS NULL AND s.lost_at IS NULL
        )
        AND NOT EXISTS (SELECT FROM queues AS q WHERE q.namespace = $1 AND q.name = $5 AND q.paused)
    ORDER BY j.order_key, j.id
    LIMIT $4
    FOR UPDATE SKIP LOCKED
)
UPDATE jobs AS j
SET state = 'running',
    reason = 'claimed',
    session = $2,
    started_at = $3,
    runs = j.runs + 1,
    fence = j.fence + 1,
    request = NULL,
    error = NULL,
    progress = NULL,
    progress_note = NULL
FROM front
WHERE j.ctid = front.place
RETURNING
    j.id, j.fence, j.definition, j.version, j.queue, j.payload, j.priority, j.runs, j.attempts_used, j.crashes,
    j.max_attempts, j.timeout_us, j.deadline_at, j.queued_at, j.started_at, j.labels, j.correlation_id,
    j.traceparent, j.idempotency_key, j.request, j.backoff, j.order_key
