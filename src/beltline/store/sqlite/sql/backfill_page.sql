-- Backfills before an id, newest first. Few rows: each is a person's act.
SELECT
    id, schedule, since, until, at_once, total, actor, state, revision, next_at, open_jobs, submitted, existing,
    created_at, finished_at
FROM backfills
WHERE namespace = :namespace AND (:schedule IS NULL OR schedule = :schedule) AND (:before IS NULL OR id < :before)
ORDER BY id DESC
LIMIT :limit
