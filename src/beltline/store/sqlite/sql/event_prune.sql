-- Forgets events that were used long ago.
DELETE FROM trigger_events
WHERE id IN (
    SELECT id FROM trigger_events
    WHERE namespace = :namespace AND done_at < :before
    ORDER BY done_at
    LIMIT :limit
)
