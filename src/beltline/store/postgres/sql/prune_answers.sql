-- Removes expired answers. $1 namespace, $2 now, $3 limit; served by answers_expiry.
WITH
gone AS (
    DELETE FROM answers
    WHERE ctid = ANY (ARRAY(
        SELECT a.ctid FROM answers AS a WHERE a.namespace = $1 AND a.expires_at <= $2 LIMIT $3 FOR UPDATE SKIP LOCKED
    ))
    RETURNING 1
)
SELECT count(*) FROM gone
