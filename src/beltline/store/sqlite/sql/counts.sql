-- Unfinished jobs and dead letters by queue and state, each state counted in its own index.
SELECT queue, 'queued', count(*) FROM jobs INDEXED BY jobs_ready
WHERE namespace = :namespace AND state = 'queued' GROUP BY queue
UNION ALL
SELECT queue, state, count(*) FROM jobs INDEXED BY jobs_later
WHERE namespace = :namespace AND state <> 'queued' AND state <> 'running' GROUP BY queue, state
UNION ALL
SELECT queue, 'running', count(*) FROM jobs INDEXED BY jobs_held
WHERE namespace = :namespace AND state = 'running' GROUP BY queue
UNION ALL
SELECT queue, state, count(*) FROM dead INDEXED BY dead_letters
WHERE namespace = :namespace AND discarded_at IS NULL GROUP BY queue, state
