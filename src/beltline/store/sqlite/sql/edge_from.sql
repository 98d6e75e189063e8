-- The edges to these prerequisites, as one row.
SELECT json_group_array(json_array(dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at))
FROM (
    SELECT e.dependent, e.part, e.prerequisite, e.condition, e.otherwise, e.delay_us, e.unknown_at
    FROM json_each(:ids) AS i
    CROSS JOIN edges AS e ON e.namespace = :namespace AND e.prerequisite = i.value
    LIMIT :limit
)
