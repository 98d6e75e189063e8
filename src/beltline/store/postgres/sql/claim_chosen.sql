-- Takes those of some jobs, chosen before, that are still queued. $1 namespace, $2 session, $3 now, $4 limit, $5 ids.
-- Each is found by its primary key (a plain condition on the state sends a planner without statistics through `ready`,
-- all queued jobs for each id); what another claim holds is passed over. No row where the session is not open.
WITH
front AS MATERIALIZED (
    SELECT l.place
    FROM unnest($5::text[]) AS i (id)
    CROSS JOIN LATERAL (
        SELECT j.ctid AS place
        FROM jobs AS j
        WHERE j.namespace = $1
            AND j.id = i.id
            AND j.state || '' = 'queued'
            AND (j.expires_at IS NULL OR j.expires_at > $3 OR j.runs > 0)
            AND (j.deadline_at IS NULL OR j.deadline_at > $3)
            AND EXISTS (
                SELECT FROM sessions AS s
                WHERE s.namespace = $1 AND s.id = $2 AND s.closed_at IS NULL AND s.lost_at IS NULL
            )
            AND NOT EXISTS (SELECT FROM queues AS q WHERE q.namespace = $1 AND q.name = j.queue AND q.paused)
        FOR UPDATE OF j SKIP LOCKED
    ) AS l
    LIMIT $4
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
