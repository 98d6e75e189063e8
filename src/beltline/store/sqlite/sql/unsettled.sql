-- What a worker that runs until idle must wait for, counted up to a limit. Queues are sought one by one, so
-- that a million jobs of another or a paused queue cost nothing.
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
SELECT count(*) FROM (
    SELECT 1 FROM jobs INDEXED BY jobs_held
    WHERE namespace = :namespace AND state = 'running'
        AND (:queues IS NULL OR queue IN (SELECT value FROM json_each(:queues)))
    UNION ALL
    SELECT 1 FROM front
    CROSS JOIN jobs AS j INDEXED BY jobs_ready
        ON j.namespace = :namespace AND j.queue = front.queue AND j.state = 'queued'
    WHERE front.queue IS NOT NULL
        AND (:queues IS NULL OR front.queue IN (SELECT value FROM json_each(:queues)))
        AND NOT EXISTS (SELECT 1 FROM queues WHERE namespace = :namespace AND name = front.queue AND paused)
    UNION ALL
    SELECT 1 FROM jobs INDEXED BY jobs_later
    WHERE namespace = :namespace AND state IN ('scheduled', 'retrying') AND run_at <= :now
        AND state <> 'queued' AND state <> 'running'
        AND (:queues IS NULL OR queue IN (SELECT value FROM json_each(:queues)))
    LIMIT :most
)
