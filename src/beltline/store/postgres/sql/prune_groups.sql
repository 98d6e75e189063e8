-- Removes what is known of groups without letters, when that is old, and returns how many. $1 namespace, $2 before,
-- $3 limit.
WITH
gone AS (
    DELETE FROM dead_groups
    WHERE ctid = ANY (ARRAY(
        SELECT g.ctid FROM dead_groups AS g
        WHERE g.namespace = $1
            AND greatest(g.last_at, g.owned_at, g.noted_at, 0) < $2
            AND NOT EXISTS (
                SELECT FROM dead AS d
                WHERE d.namespace = $1 AND d.fingerprint = g.fingerprint AND d.discarded_at IS NULL
            )
        LIMIT $3
    ))
    RETURNING fingerprint
)
SELECT count(*) FROM gone
