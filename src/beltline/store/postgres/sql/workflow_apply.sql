-- Stores a version of a workflow and makes it the newest of its name. $1 namespace, $2 name, $3 version, $4 graph, $5 now.
INSERT INTO workflows AS w (namespace, name, version, graph, applied_at, turn)
SELECT $1, $2, $3, $4, $5, coalesce(max(o.turn), 0) + 1
FROM workflows AS o
WHERE o.namespace = $1 AND o.name = $2
ON CONFLICT (namespace, name, version) DO UPDATE SET turn = excluded.turn
