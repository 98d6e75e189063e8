-- Returns a version of a workflow, or the newest one. $1 namespace, $2 name, $3 version or null.
SELECT w.name, w.version, w.graph, w.applied_at
FROM workflows AS w
WHERE w.namespace = $1 AND w.name = $2 AND ($3::text IS NULL OR w.version = $3::text)
ORDER BY w.turn DESC
LIMIT 1
