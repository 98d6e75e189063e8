-- The edges whose prerequisite has stayed unknown for too long, as one row.
SELECT json_group_array(json_array(dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at))
FROM (
    SELECT dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at
    FROM edges INDEXED BY edges_unknown
    WHERE namespace = :namespace AND unknown_at IS NOT NULL AND unknown_at <= :now
    ORDER BY unknown_at
    LIMIT :limit
)
