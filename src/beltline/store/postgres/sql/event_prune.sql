-- Forgets events that were used long ago, and returns how many. $1 namespace, $2 before, $3 limit.
WITH
gone AS (
    DELETE FROM trigger_events
    WHERE id = ANY (ARRAY(
        SELECT e.id
        FROM trigger_events AS e
        WHERE e.namespace = $1 AND e.done_at < $2
        ORDER BY e.done_at
        LIMIT $3
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING id
)
SELECT count(*) FROM gone
