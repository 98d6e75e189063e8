-- The rows of history that go, oldest first, as one row.
SELECT json_group_array(id) FROM (
    SELECT id FROM history WHERE namespace = :namespace AND finished_at < :before
    ORDER BY finished_at LIMIT :limit
)
