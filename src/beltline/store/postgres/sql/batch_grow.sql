-- Counts children that were just stored; the batch comes to be with the first. No row where the parent is not unfinished;
-- else whether the batch is new. The caller has the parent's lock. $1 namespace, $2 parent, $3 kind, $4 now, $5 how many.
INSERT INTO batches AS b (
    namespace, job_id, parent, root, kind, created_at, total, succeeded, failed, cancelled, flawed, run_us,
    is_stopped, ended_at, turn, seen
)
SELECT $1, j.id, j.parent, coalesce(j.root, j.id), $3, $4, $5, 0, 0, 0, 0, 0, false, NULL, 1, 0
FROM jobs AS j
WHERE j.namespace = $1 AND j.id = $2
ON CONFLICT (namespace, job_id) DO UPDATE
SET total = b.total + excluded.total, turn = b.turn + b.is_stopped::integer
RETURNING (b.total = $5 AND b.seen = 0)
