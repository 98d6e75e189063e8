-- The oldest events that a trigger holds. $1 namespace, $2 name, $3 limit.
SELECT e.id, e.payload, e.hops, e.at, e.event_key
FROM trigger_events AS e
WHERE e.namespace = $1 AND e.name = $2 AND e.done_at IS NULL
ORDER BY e.id
LIMIT $3
