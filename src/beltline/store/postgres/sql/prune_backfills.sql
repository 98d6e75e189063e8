-- Removes backfills that ended long ago. $1 namespace, $2 before, $3 limit.
WITH
gone AS (
    DELETE FROM backfills
    WHERE ctid = ANY (ARRAY(
        SELECT b.ctid FROM backfills AS b WHERE b.namespace = $1 AND b.finished_at < $2 LIMIT $3 FOR UPDATE SKIP LOCKED
    ))
    RETURNING id
)
SELECT count(*) FROM gone
