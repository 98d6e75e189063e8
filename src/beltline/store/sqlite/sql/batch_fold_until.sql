-- The newest of the oldest counts of ended children, and how many they are.
SELECT max(id), count(*) FROM (
    SELECT id FROM batch_deltas WHERE namespace = :namespace ORDER BY id LIMIT :limit
)
