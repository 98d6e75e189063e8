-- The edges to these prerequisites, as one row.
SELECT json_group_array(json_array(dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at))
FROM (
    SELECT dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at
    FROM edges INDEXED BY edges_prerequisite
    WHERE namespace = :namespace AND prerequisite IN (SELECT value FROM json_each(:ids))
    LIMIT :limit
)
