-- Queues what is due, oldest first, from jobs_due.
UPDATE jobs
SET state = 'queued', reason = 'due', queued_at = run_at, order_key = run_at - priority * :head_start
WHERE namespace = :namespace AND id IN (
    SELECT id FROM jobs INDEXED BY jobs_due
    WHERE namespace = :namespace AND state IN ('scheduled', 'retrying') AND run_at <= :now
    ORDER BY run_at
    LIMIT :limit
)
