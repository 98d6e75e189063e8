-- Sessions, newest first; ended ones where they still hold jobs, or all.
SELECT id, name, host, pid, lease_us, concurrency, opened_at, beat_at, beats, closed_at, lost_at, queues, definitions, versions,
    offer, process
FROM sessions AS s
WHERE namespace = :namespace
    AND (
        :ended
        OR (closed_at IS NULL AND lost_at IS NULL)
        OR EXISTS (
            SELECT 1 FROM jobs INDEXED BY jobs_held
            WHERE namespace = :namespace AND session = s.id AND state = 'running'
        )
    )
ORDER BY opened_at DESC, id DESC
LIMIT :limit
