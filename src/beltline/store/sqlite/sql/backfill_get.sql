-- One backfill.
SELECT
    id, schedule, since, until, at_once, total, actor, state, revision, next_at, open_jobs, submitted, existing,
    created_at, finished_at
FROM backfills
WHERE namespace = :namespace AND id = :id
