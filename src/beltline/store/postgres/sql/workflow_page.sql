-- Returns the newest version of each workflow after a name, by name. $1 namespace, $2 after, $3 limit.
SELECT DISTINCT ON (w.name) w.name, w.version, w.graph, w.applied_at
FROM workflows AS w
WHERE w.namespace = $1 AND w.name > $2
ORDER BY w.name, w.turn DESC
LIMIT $3
