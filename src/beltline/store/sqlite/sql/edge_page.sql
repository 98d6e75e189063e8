-- What a job waits for, after an edge, as one row.
SELECT json_group_array(json_array(dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at))
FROM (
    SELECT dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at
    FROM edges INDEXED BY edges_dependent
    WHERE namespace = :namespace AND dependent = :dependent AND (part, prerequisite) > (:part, :prerequisite)
    ORDER BY part, prerequisite
    LIMIT :limit
)
