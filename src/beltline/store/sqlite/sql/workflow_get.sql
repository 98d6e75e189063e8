-- A version of a workflow, or the newest one.
SELECT name, version, graph, applied_at
FROM workflows
WHERE namespace = :namespace AND name = :name AND (:version IS NULL OR version = :version)
ORDER BY turn DESC
LIMIT 1
