-- Returns batches without a parent, newest first, before another. $1 namespace, $2 and $3 created_at and job_id of that
-- one, $4 limit. Index batches_roots: a tree may have thousands below.
SELECT
    b.job_id, b.parent, b.root, b.kind, b.created_at, b.total, b.succeeded, b.failed, b.cancelled, b.flawed, b.run_us,
    b.is_stopped, b.ended_at, b.turn, b.seen
FROM batches AS b
WHERE
    b.namespace = $1
    AND b.parent IS NULL
    AND ($2::bigint IS NULL OR (b.created_at, b.job_id) < ($2::bigint, $3::text))
ORDER BY b.created_at DESC, b.job_id DESC
LIMIT $4
