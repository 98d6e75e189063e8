-- Removes old minutes. $1 namespace, $2 before, $3 limit.
WITH
gone AS (
    DELETE FROM rollups
    WHERE ctid = ANY (ARRAY(SELECT r.ctid FROM rollups AS r WHERE r.namespace = $1 AND r.minute < $2 LIMIT $3))
    RETURNING minute
)
SELECT count(*) FROM gone
