-- Removes what became of ticks long ago. $1 namespace, $2 before, $3 limit.
WITH
gone AS (
    DELETE FROM fires
    WHERE ctid = ANY (ARRAY(
        SELECT f.ctid
        FROM fires AS f
        WHERE f.namespace = $1 AND f.at < $2 AND f.outcome <> 'buffered'
        LIMIT $3
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING tick
)
SELECT count(*) FROM gone
