-- Queues dependents that wait for nothing more and whose time has come, and returns their ids: what `release` decides of most,
-- in one step. The caller has their locks. $1 namespace, $2 ids, $3 now, $4 head start.
UPDATE jobs AS j
SET state = 'queued', reason = 'due', run_at = $3, queued_at = $3, order_key = $3 - j.priority * $4::bigint
WHERE j.namespace = $1
    AND j.id = ANY ($2::text[])
    AND j.state = 'waiting'
    AND (j.run_at IS NULL OR j.run_at <= $3)
    AND NOT EXISTS (SELECT FROM edges AS e WHERE e.namespace = $1 AND e.dependent = j.id OFFSET 0)
RETURNING j.id
