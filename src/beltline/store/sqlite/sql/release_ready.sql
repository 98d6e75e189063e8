-- Queues dependents that wait for nothing more and whose time has come: what `release` decides of most, in one step.
UPDATE jobs
SET state = 'queued', reason = 'due', run_at = :now, queued_at = :now, order_key = :now - priority * :head_start
WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids)) AND state = 'waiting'
    AND (run_at IS NULL OR run_at <= :now)
    AND NOT EXISTS (SELECT 1 FROM edges WHERE edges.namespace = jobs.namespace AND dependent = jobs.id)
