-- Takes prerequisites that have ended, for one transaction to tell their dependents. $1 namespace, $2 limit.
DELETE FROM settled
WHERE ctid = ANY (ARRAY(SELECT s.ctid FROM settled AS s WHERE s.namespace = $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
RETURNING job_id, state
