-- Returns what the queued jobs of each queue ask of a worker, by skipping through `ready`: one step a queue, and one for
-- each text of needs. $1 namespace, $2 the queues or null for all, $3 and $4 queue and needs to go on behind, $5 limit.
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
open AS MATERIALIZED (
    SELECT c.queue
    FROM (
        SELECT f.queue FROM filled AS f WHERE $2::text[] IS NULL AND f.queue IS NOT NULL
        UNION
        SELECT a.queue FROM unnest($2::text[]) AS a (queue)
    ) AS c
    WHERE c.queue >= $3::text
        AND NOT EXISTS (SELECT FROM queues AS q WHERE q.namespace = $1 AND q.name = c.queue AND q.paused)
),
lanes (queue, needs) AS (
    SELECT o.queue, ''::text COLLATE "C" FROM open AS o
    UNION ALL
    SELECT
        l.queue,
        (
            SELECT j.needs FROM jobs AS j
            WHERE j.namespace = $1 AND j.state = 'queued' AND j.queue = l.queue AND j.needs > l.needs
            ORDER BY j.needs LIMIT 1
        )
    FROM lanes AS l
    WHERE l.needs IS NOT NULL
)
SELECT l.queue, l.needs
FROM lanes AS l
WHERE l.needs IS NOT NULL AND (l.queue > $3 OR $4::text IS NULL OR l.needs > $4)
ORDER BY l.queue, l.needs
LIMIT $5
