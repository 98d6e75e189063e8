-- Removes the edges of dependents to the prerequisites that were found, all of which are met: each goes with its alternatives.
DELETE FROM edges
WHERE (namespace, dependent, part) IN (
    SELECT e.namespace, e.dependent, e.part
    FROM settled AS s INDEXED BY settled_namespace
    CROSS JOIN edges AS e INDEXED BY edges_prerequisite ON e.namespace = :namespace AND e.prerequisite = s.job_id
    WHERE s.namespace = :namespace AND s.id <= :until
        AND e.dependent IN (SELECT value FROM json_each(:dependents))
)
