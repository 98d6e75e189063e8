-- What the queued jobs of each queue ask of a worker, as one row: a skip scan over jobs_ready, one seek a queue, and one
-- for each text of needs.
WITH RECURSIVE
filled (queue) AS (
    SELECT min(queue) FROM jobs INDEXED BY jobs_ready
    WHERE namespace = :namespace AND state = 'queued' AND :queues IS NULL
    UNION ALL
    SELECT (
        SELECT min(queue) FROM jobs INDEXED BY jobs_ready
        WHERE namespace = :namespace AND state = 'queued' AND queue > filled.queue
    )
    FROM filled
    WHERE filled.queue IS NOT NULL
),
open (queue) AS (
    SELECT queue FROM (
        SELECT queue FROM filled WHERE queue IS NOT NULL
        UNION
        SELECT value FROM json_each(:queues)
    )
    WHERE queue >= :after_queue
        AND NOT EXISTS (SELECT 1 FROM queues WHERE namespace = :namespace AND name = queue AND paused)
),
lanes (queue, needs) AS (
    SELECT queue, '' FROM open
    UNION ALL
    SELECT lanes.queue, (
        SELECT min(needs) FROM jobs INDEXED BY jobs_ready
        WHERE namespace = :namespace AND queue = lanes.queue AND state = 'queued' AND needs > lanes.needs
    )
    FROM lanes
    WHERE lanes.needs IS NOT NULL
)
SELECT json_group_array(json_array(queue, needs)) FROM (
    SELECT queue, needs FROM lanes
    WHERE needs IS NOT NULL AND (queue > :after_queue OR :after_needs IS NULL OR needs > :after_needs)
    ORDER BY queue, needs
    LIMIT :most
)
