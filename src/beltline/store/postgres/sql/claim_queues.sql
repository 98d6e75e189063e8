-- Takes the front across several queues. $1 namespace, $2 session, $3 now, $4 limit, $5 the queues or null for all,
-- $6 the first order key to look at.
-- The names of the queues that hold queued jobs come from skipping through `ready`, one step a queue. A sample of each
-- front gives a key (`bound`) that the front of all queues together cannot pass; so `fronts` reads little more than
-- what is claimed, however much is queued. It gives each queue's share, and only the shares are locked and updated.
-- One queue alone needs no share: it is locked straight away.
WITH RECURSIVE
filled (queue) AS (
    (SELECT j.queue FROM jobs AS j WHERE j.namespace = $1 AND j.state = 'queued' ORDER BY j.queue LIMIT 1)
    UNION ALL
    SELECT (
        SELECT j.queue FROM jobs AS j
        WHERE j.namespace = $1 AND j.state = 'queued' AND j.queue > f.queue
        ORDER BY j.queue LIMIT 1
    )
    FROM filled AS f
    WHERE f.queue IS NOT NULL
),
candidates AS MATERIALIZED (
    SELECT f.queue FROM filled AS f WHERE $5::text[] IS NULL AND f.queue IS NOT NULL
    UNION
    SELECT a.queue FROM unnest($5::text[]) AS a (queue)
),
open AS MATERIALIZED (
    SELECT c.queue
    FROM candidates AS c
    WHERE NOT EXISTS (SELECT FROM queues AS q WHERE q.namespace = $1 AND q.name = c.queue AND q.paused)
        AND EXISTS (
            SELECT FROM sessions AS s
            WHERE s.namespace = $1 AND s.id = $2 AND s.closed_at IS NULL AND s.lost_at IS NULL
        )
),
size AS MATERIALIZED (SELECT count(*) AS queues FROM open),
sample AS MATERIALIZED (
    SELECT o.queue, s.order_key
    FROM open AS o
    CROSS JOIN LATERAL (
        SELECT j.order_key
        FROM jobs AS j
        WHERE j.namespace = $1
            AND j.queue = o.queue
            AND j.needs = ''
            AND j.state = 'queued'
            AND j.order_key >= $6
            AND (j.expires_at IS NULL OR j.expires_at > $3 OR j.runs > 0)
            AND (j.deadline_at IS NULL OR j.deadline_at > $3)
        ORDER BY j.order_key, j.id
        LIMIT $4 / (SELECT greatest(z.queues, 1) FROM size AS z) + 1
    ) AS s
    WHERE (SELECT z.queues FROM size AS z) > 1
),
bound AS MATERIALIZED (
    SELECT CASE WHEN count(*) < $4 THEN 9223372036854775807 ELSE max(m.order_key) END AS order_key
    FROM (SELECT s.order_key FROM sample AS s ORDER BY s.order_key LIMIT $4) AS m
),
reached AS MATERIALIZED (
    SELECT s.queue FROM sample AS s GROUP BY s.queue HAVING min(s.order_key) <= (SELECT b.order_key FROM bound AS b)
),
shares AS MATERIALIZED (
    SELECT o.queue, $4::bigint AS share
    FROM open AS o
    WHERE (SELECT z.queues FROM size AS z) = 1
    UNION ALL
    SELECT f.queue, count(*) AS share
    FROM (
        SELECT o.queue, s.order_key, s.id
        FROM reached AS o
        CROSS JOIN LATERAL (
            SELECT j.order_key, j.id
            FROM jobs AS j
            WHERE j.namespace = $1
                AND j.queue = o.queue
                AND j.needs = ''
                AND j.state = 'queued'
                AND j.order_key >= $6
                AND j.order_key <= (SELECT b.order_key FROM bound AS b)
                AND (j.expires_at IS NULL OR j.expires_at > $3 OR j.runs > 0)
                AND (j.deadline_at IS NULL OR j.deadline_at > $3)
            ORDER BY j.order_key, j.id
            LIMIT $4
        ) AS s
        ORDER BY s.order_key, s.id
        LIMIT $4
    ) AS f
    GROUP BY f.queue
),
front AS MATERIALIZED (
    SELECT l.place
    FROM shares AS h
    CROSS JOIN LATERAL (
        SELECT j.ctid AS place
        FROM jobs AS j
        WHERE j.namespace = $1
            AND j.queue = h.queue
            AND j.needs = ''
            AND j.state = 'queued'
            AND j.order_key >= $6
            AND (j.expires_at IS NULL OR j.expires_at > $3 OR j.runs > 0)
            AND (j.deadline_at IS NULL OR j.deadline_at > $3)
        ORDER BY j.order_key, j.id
        LIMIT h.share
        FOR UPDATE SKIP LOCKED
    ) AS l
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
