-- Returns the newest version of each workflow, by name. $1 namespace.
SELECT DISTINCT ON (w.name) w.name, w.version, w.graph, w.applied_at
FROM workflows AS w
WHERE w.namespace = $1
ORDER BY w.name, w.turn DESC
