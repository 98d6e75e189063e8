-- The batches of a tree, oldest first.
SELECT
    b.job_id, b.parent, b.root, b.kind, b.created_at, b.total, b.succeeded, b.failed, b.cancelled, b.flawed, b.run_us,
    b.is_stopped, b.ended_at, b.turn, b.seen
FROM batches AS b
WHERE b.namespace = :namespace AND b.root = :root
ORDER BY b.created_at, b.job_id
LIMIT :limit
