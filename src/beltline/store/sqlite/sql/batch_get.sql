-- The batches of jobs.
SELECT
    b.job_id, b.parent, b.root, b.kind, b.created_at, b.total, b.succeeded, b.failed, b.cancelled, b.flawed, b.run_us,
    b.is_stopped, b.ended_at, b.turn, b.seen
FROM batches AS b
WHERE b.namespace = :namespace AND b.job_id IN (SELECT value FROM json_each(:ids))
