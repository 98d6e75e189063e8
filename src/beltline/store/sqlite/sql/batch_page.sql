-- Batches without a parent, newest first, before another. Index batches_roots: a tree may have thousands below.
SELECT
    b.job_id, b.parent, b.root, b.kind, b.created_at, b.total, b.succeeded, b.failed, b.cancelled, b.flawed, b.run_us,
    b.is_stopped, b.ended_at, b.turn, b.seen
FROM batches AS b
WHERE b.namespace = :namespace AND b.parent IS NULL
    AND (:created_at IS NULL OR (b.created_at, b.job_id) < (:created_at, :job_id))
ORDER BY b.created_at DESC, b.job_id DESC
LIMIT :limit
