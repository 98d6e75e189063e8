-- Removes expired keys. $1 namespace, $2 now, $3 limit.
WITH
gone AS (
    DELETE FROM idempotency
    WHERE ctid = ANY (ARRAY(
        SELECT k.ctid FROM idempotency AS k WHERE k.namespace = $1 AND k.expires_at <= $2 LIMIT $3 FOR UPDATE SKIP LOCKED
    ))
    RETURNING job_id
)
SELECT count(*) FROM gone
