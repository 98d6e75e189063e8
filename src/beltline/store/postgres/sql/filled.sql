-- Returns the queues that hold queued jobs, by skipping through `ready`, one step a queue. $1 namespace, $2 limit.
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
)
SELECT f.queue FROM filled AS f WHERE f.queue IS NOT NULL LIMIT $2
