-- Queues what is due, oldest first: the two states' parts of jobs_later, merged.
UPDATE jobs
SET state = 'queued', reason = 'due', queued_at = run_at, order_key = run_at - priority * :head_start
WHERE namespace = :namespace AND id IN (
    SELECT id FROM (
        SELECT id, run_at FROM jobs INDEXED BY jobs_later
        WHERE namespace = :namespace AND state = 'scheduled' AND run_at <= :now
            AND state <> 'queued' AND state <> 'running'
        UNION ALL
        SELECT id, run_at FROM jobs INDEXED BY jobs_later
        WHERE namespace = :namespace AND state = 'retrying' AND run_at <= :now
            AND state <> 'queued' AND state <> 'running'
        ORDER BY run_at
        LIMIT :limit
    )
)
