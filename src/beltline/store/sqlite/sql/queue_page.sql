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
    SELECT DISTINCT queue, 0, 0, 0, NULL FROM jobs INDEXED BY jobs_later
    WHERE namespace = :namespace AND state <> 'queued' AND state <> 'running'
)
GROUP BY name
ORDER BY name
