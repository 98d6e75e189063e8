-- Counts children that were just stored; the batch comes to be with the first. Nothing where the parent is not unfinished.
INSERT INTO batches (
    namespace, job_id, parent, root, kind, created_at, total, succeeded, failed, cancelled, flawed, run_us,
    is_stopped, ended_at, turn, seen
)
SELECT :namespace, id, parent, coalesce(root, id), :kind, :now, :count, 0, 0, 0, 0, 0, 0, NULL, 1, 0
FROM jobs
WHERE namespace = :namespace AND id = :parent
ON CONFLICT (namespace, job_id) DO UPDATE SET
    total = batches.total + excluded.total,
    turn = batches.turn + batches.is_stopped
