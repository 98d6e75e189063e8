-- The jobs that wait for the prerequisites that were found, as one row.
SELECT json_group_array(dependent)
FROM (
    SELECT DISTINCT e.dependent
    FROM settled AS s INDEXED BY settled_namespace
    CROSS JOIN edges AS e INDEXED BY edges_prerequisite ON e.namespace = :namespace AND e.prerequisite = s.job_id
    WHERE s.namespace = :namespace AND s.id <= :until
    LIMIT :limit
)
