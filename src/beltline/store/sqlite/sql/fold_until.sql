-- The newest of the oldest deltas, and how many they are.
SELECT max(id), count(*) FROM (
    SELECT id FROM deltas WHERE namespace = :namespace ORDER BY id LIMIT :limit
)
