-- The oldest outcomes noted for a trigger. $1 namespace, $2 name, $3 limit.
SELECT o.id, o.job_id, o.fence, o.state
FROM trigger_outcomes AS o
WHERE o.namespace = $1 AND o.name = $2
ORDER BY o.id
LIMIT $3
