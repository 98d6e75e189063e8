-- The newest events that could not become a job. $1 namespace, $2 name, $3 limit.
SELECT r.event_key, r.at, r.error, r.body
FROM trigger_refusals AS r
WHERE r.namespace = $1 AND r.name = $2
ORDER BY r.id DESC
LIMIT $3
