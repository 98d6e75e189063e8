-- Returns the queues that hold queued jobs, each with the order key of its front, by skipping through `ready`, one step a
-- queue. $1 namespace, $2 limit.
WITH RECURSIVE
filled (queue, order_key) AS (
    (
        SELECT j.queue, j.order_key
        FROM jobs AS j
        WHERE j.namespace = $1 AND j.state = 'queued'
        ORDER BY j.queue, j.needs, j.order_key
        LIMIT 1
    )
    UNION ALL
    SELECT n.queue, n.order_key
    FROM filled AS f
    CROSS JOIN LATERAL (
        SELECT j.queue, j.order_key
        FROM jobs AS j
        WHERE j.namespace = $1 AND j.state = 'queued' AND j.queue > f.queue
        ORDER BY j.queue, j.needs, j.order_key
        LIMIT 1
    ) AS n
)
SELECT f.queue, f.order_key FROM filled AS f LIMIT $2
