-- Removes sessions that ended and hold nothing.
DELETE FROM sessions
WHERE namespace = :namespace AND id IN (
    SELECT id FROM sessions AS s
    WHERE namespace = :namespace AND coalesce(closed_at, lost_at) < :before
        AND NOT EXISTS (
            SELECT 1 FROM jobs INDEXED BY jobs_held
            WHERE namespace = :namespace AND session = s.id AND state = 'running'
        )
    LIMIT :limit
)
