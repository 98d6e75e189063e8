-- Batches that have not been looked at since something happened.
SELECT
    b.job_id, b.parent, b.root, b.kind, b.created_at, b.total, b.succeeded, b.failed, b.cancelled, b.flawed, b.run_us,
    b.is_stopped, b.ended_at, b.turn, b.seen
FROM batches AS b INDEXED BY batches_due
WHERE b.namespace = :namespace AND b.turn <> b.seen
ORDER BY b.job_id
LIMIT :limit
