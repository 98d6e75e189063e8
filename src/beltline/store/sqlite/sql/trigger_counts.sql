-- What became of a trigger's events, and how many wait.
SELECT outcome, events, last_at, last_job, note
FROM trigger_counts
WHERE namespace = :namespace AND name = :name
UNION ALL
SELECT 'waiting', count(*), coalesce(min(at), 0), NULL, ''
FROM trigger_events
WHERE namespace = :namespace AND name = :name AND done_at IS NULL
ORDER BY 1
