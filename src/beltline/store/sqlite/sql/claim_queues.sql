-- Whether the session is open, and every queue that has something to take: a skip scan over jobs_ready, one
-- seek a queue.
WITH RECURSIVE front (queue) AS (
    SELECT min(queue) FROM jobs INDEXED BY jobs_ready WHERE namespace = :namespace AND state = 'queued'
    UNION ALL
    SELECT (
        SELECT min(queue) FROM jobs INDEXED BY jobs_ready
        WHERE namespace = :namespace AND state = 'queued' AND queue > front.queue
    )
    FROM front
    WHERE front.queue IS NOT NULL
)
SELECT
    EXISTS (
        SELECT 1 FROM sessions
        WHERE namespace = :namespace AND id = :session AND closed_at IS NULL AND lost_at IS NULL
    ),
    (
        SELECT json_group_array(queue) FROM front
        WHERE queue IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM queues WHERE namespace = :namespace AND name = queue AND paused)
    )
