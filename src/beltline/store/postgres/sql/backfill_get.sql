-- $1 namespace, $2 id.
SELECT
    b.id, b.schedule, b.since, b.until, b.at_once, b.total, b.actor, b.state, b.revision, b.next_at, b.open_jobs,
    b.submitted, b.existing, b.created_at, b.finished_at
FROM backfills AS b
WHERE b.namespace = $1 AND b.id = $2
