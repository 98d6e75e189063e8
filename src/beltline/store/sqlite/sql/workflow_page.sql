-- The newest version of each workflow after a name, by name.
SELECT name, version, graph, applied_at
FROM workflows AS w
WHERE namespace = :namespace AND name > :after
    AND turn = (SELECT max(o.turn) FROM workflows AS o WHERE o.namespace = w.namespace AND o.name = w.name)
ORDER BY name
LIMIT :limit
