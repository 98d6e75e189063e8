-- Backfills before an id, newest first. Few rows: each is a person's act.
-- $1 namespace, $2 schedule, $3 limit, $4 before.
SELECT
    b.id, b.schedule, b.since, b.until, b.at_once, b.total, b.actor, b.state, b.revision, b.next_at, b.open_jobs,
    b.submitted, b.existing, b.created_at, b.finished_at
FROM backfills AS b
WHERE b.namespace = $1 AND ($2::text IS NULL OR b.schedule = $2) AND ($4::text IS NULL OR b.id < $4)
ORDER BY b.id DESC
LIMIT $3
