-- Unfinished jobs and dead letters by queue and state, each state counted in its own index.
SELECT queue, 'queued', count(*) FROM jobs WHERE namespace = :namespace AND state = 'queued' GROUP BY queue
UNION ALL
SELECT queue, state, count(*) FROM jobs
WHERE namespace = :namespace AND state IN ('scheduled', 'retrying') GROUP BY queue, state
UNION ALL
SELECT queue, 'running', count(*) FROM jobs WHERE namespace = :namespace AND state = 'running' GROUP BY queue
UNION ALL
SELECT queue, state, count(*) FROM jobs
WHERE namespace = :namespace AND state IN ('waiting', 'paused') GROUP BY queue, state
UNION ALL
SELECT queue, state, count(*) FROM dead WHERE namespace = :namespace
    AND discarded_at IS NULL
GROUP BY queue, state
