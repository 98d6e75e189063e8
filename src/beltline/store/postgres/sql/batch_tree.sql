-- Returns the batches of a tree, oldest first. $1 namespace, $2 root, $3 limit.
SELECT
    b.job_id, b.parent, b.root, b.kind, b.created_at, b.total, b.succeeded, b.failed, b.cancelled, b.flawed, b.run_us,
    b.is_stopped, b.ended_at, b.turn, b.seen
FROM batches AS b
WHERE b.namespace = $1 AND b.root = $2
ORDER BY b.created_at, b.job_id
LIMIT $3
