-- What was seen after a name, by name. $1 namespace, $2 name, $3 after, $4 until or null, $5 limit.
SELECT o.object, o.mark, o.since, o.fired
FROM trigger_objects AS o
WHERE o.namespace = $1 AND o.name = $2 AND o.object > $3 AND ($4::text IS NULL OR o.object <= $4)
ORDER BY o.object
LIMIT $5
