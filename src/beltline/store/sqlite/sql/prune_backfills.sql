-- Removes backfills that ended long ago.
DELETE FROM backfills
WHERE (namespace, id) IN (
    SELECT namespace, id FROM backfills WHERE namespace = :namespace AND finished_at < :before LIMIT :limit
)
