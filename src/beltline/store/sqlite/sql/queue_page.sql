-- The queues that hold unfinished jobs or have a setting, counted in the indexes.
SELECT name, max(paused), sum(queued), sum(running), min(oldest)
FROM (
    SELECT name, paused, 0 AS queued, 0 AS running, NULL AS oldest FROM queues WHERE namespace = :namespace
    UNION ALL
    SELECT queue, 0, count(*), 0, min(queued_at) FROM jobs INDEXED BY jobs_ready
    WHERE namespace = :namespace AND state = 'queued' GROUP BY queue
    UNION ALL
    SELECT queue, 0, 0, count(*), NULL FROM jobs INDEXED BY jobs_held
    WHERE namespace = :namespace AND state = 'running' GROUP BY queue
    UNION ALL
    SELECT DISTINCT queue, 0, 0, 0, NULL FROM jobs INDEXED BY jobs_due
    WHERE namespace = :namespace AND state IN ('scheduled', 'retrying')
    UNION ALL
    SELECT DISTINCT queue, 0, 0, 0, NULL FROM jobs INDEXED BY jobs_parked
    WHERE namespace = :namespace AND state IN ('waiting', 'paused')
)
GROUP BY name
ORDER BY name
