-- The rows of dead that go, oldest first, as one row.
SELECT json_group_array(id) FROM (
    SELECT id FROM dead WHERE namespace = :namespace AND finished_at < :before
    ORDER BY finished_at LIMIT :limit
)
