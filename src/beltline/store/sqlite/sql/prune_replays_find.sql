-- The runs that go, as one row.
SELECT json_group_array(id) FROM (
    SELECT id FROM replay_runs
    WHERE namespace = :namespace AND policy = '' AND ended_at IS NOT NULL AND ended_at < :before
    LIMIT :limit
)
