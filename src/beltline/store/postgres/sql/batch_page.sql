-- Returns batches without a parent, newest first. $1 namespace, $2 before, $3 limit.
SELECT
    b.job_id, b.parent, b.root, b.kind, b.created_at, b.total, b.succeeded, b.failed, b.cancelled, b.flawed, b.run_us,
    b.is_stopped, b.ended_at, b.turn, b.seen
FROM batches AS b
WHERE b.namespace = $1 AND b.parent IS NULL AND ($2::bigint IS NULL OR b.created_at < $2::bigint)
ORDER BY b.created_at DESC, b.job_id DESC
LIMIT $3
