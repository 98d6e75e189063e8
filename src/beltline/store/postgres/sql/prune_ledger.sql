-- Removes old keys. $1 namespace, $2 before, $3 limit.
WITH
gone AS (
    DELETE FROM ledger
    WHERE ctid = ANY (ARRAY(
        SELECT e.ctid FROM ledger AS e WHERE e.namespace = $1 AND e.at < $2 LIMIT $3 FOR UPDATE SKIP LOCKED
    ))
    RETURNING job_id
)
SELECT count(*) FROM gone
