-- Of refused events the newest hundred are kept. $1 namespace, $2 name.
DELETE FROM trigger_refusals AS r
WHERE r.namespace = $1 AND r.name = $2 AND r.id <= (
    SELECT s.id FROM trigger_refusals AS s WHERE s.namespace = $1 AND s.name = $2 ORDER BY s.id DESC LIMIT 1 OFFSET 100
)
