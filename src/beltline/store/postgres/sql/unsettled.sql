-- Counts what a worker that runs until idle must wait for, up to $4 of each kind. $1 namespace, $2 queues or null for
-- all, $3 now, $4 limit. Queued jobs are counted queue by queue, so that a paused or foreign queue costs one step.
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
SELECT least($4, (
        SELECT count(*)
        FROM (
            SELECT FROM jobs AS j
            WHERE j.namespace = $1 AND j.state = 'running' AND ($2::text[] IS NULL OR j.queue = ANY ($2))
            LIMIT $4
        ) AS running
    ) + (
        SELECT count(*)
        FROM (
            SELECT
            FROM filled AS f
            CROSS JOIN LATERAL (
                SELECT FROM jobs AS j WHERE j.namespace = $1 AND j.queue = f.queue AND j.state = 'queued' LIMIT $4
            ) AS w
            WHERE f.queue IS NOT NULL
                AND ($2::text[] IS NULL OR f.queue = ANY ($2))
                AND NOT EXISTS (SELECT FROM queues AS q WHERE q.namespace = $1 AND q.name = f.queue AND q.paused)
            LIMIT $4
        ) AS queued
    ) + (
        SELECT count(*)
        FROM (
            SELECT FROM jobs AS j
            WHERE j.namespace = $1
                AND j.state IN ('scheduled', 'retrying')
                AND j.run_at <= $3
                AND ($2::text[] IS NULL OR j.queue = ANY ($2))
            LIMIT $4
        ) AS due
    ))
