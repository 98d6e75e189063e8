-- Returns the jobs that wait for these prerequisites. $1 namespace, $2 the prerequisites, $3 limit.
SELECT coalesce(array_agg(d.dependent), '{}')
FROM (
    SELECT DISTINCT e.dependent
    FROM unnest($2::text[]) AS i (id)
    CROSS JOIN LATERAL (
        SELECT x.dependent FROM edges AS x WHERE x.namespace = $1 AND x.prerequisite = i.id OFFSET 0
    ) AS e
    LIMIT $3
) AS d
