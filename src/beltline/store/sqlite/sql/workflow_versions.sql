-- Versions of a workflow, the newest first, before one of them.
SELECT name, version, graph, applied_at
FROM workflows AS w
WHERE namespace = :namespace AND name = :name
    AND (:before IS NULL OR turn < (
        SELECT o.turn FROM workflows AS o
        WHERE o.namespace = w.namespace AND o.name = w.name AND o.version = :before
    ))
ORDER BY turn DESC
LIMIT :limit
