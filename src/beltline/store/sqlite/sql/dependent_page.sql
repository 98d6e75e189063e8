-- What waits for a job, after an edge, as one row.
SELECT json_group_array(json_array(dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at))
FROM (
    SELECT dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at
    FROM edges
    WHERE namespace = :namespace AND prerequisite = :prerequisite AND (dependent, part) > (:dependent, :part)
    ORDER BY dependent, part
    LIMIT :limit
)
