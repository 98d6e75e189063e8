-- Backfills that run, by their index; every scheduler asks for them every second.
SELECT
    id, schedule, since, until, at_once, total, actor, state, revision, next_at, open_jobs, submitted, existing,
    created_at, finished_at
FROM backfills INDEXED BY backfills_running
WHERE namespace = :namespace AND state = 'running' AND (:schedule IS NULL OR schedule = :schedule)
ORDER BY id DESC
LIMIT :limit
