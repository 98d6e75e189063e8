-- Stores a version of a workflow and makes it the newest of its name.
INSERT INTO workflows (namespace, name, version, graph, applied_at, turn)
SELECT :namespace, :name, :version, :graph, :now, coalesce(max(turn), 0) + 1
FROM workflows
WHERE namespace = :namespace AND name = :name
ON CONFLICT (namespace, name, version) DO UPDATE SET turn = excluded.turn
