-- Adds the counts of ended children to their batches, each of which has another turn. An insert that always meets its
-- row: an update from two tables would walk all batches of the namespace.
INSERT INTO batches (
    namespace, job_id, parent, root, kind, created_at, total, succeeded, failed, cancelled, flawed, run_us,
    is_stopped, ended_at, turn, seen
)
SELECT
    :namespace, b.job_id, b.parent, b.root, b.kind, b.created_at, b.total, d.succeeded, d.failed, d.cancelled,
    d.flawed, d.run_us, b.is_stopped, b.ended_at, b.turn, b.seen
FROM (
    SELECT
        parent, sum(succeeded) AS succeeded, sum(failed) AS failed, sum(cancelled) AS cancelled,
        sum(flawed) AS flawed, sum(run_us) AS run_us
    FROM batch_deltas
    WHERE namespace = :namespace AND id <= :until
    GROUP BY parent
) AS d
CROSS JOIN batches AS b ON b.namespace = :namespace AND b.job_id = d.parent
WHERE true
ON CONFLICT (namespace, job_id) DO UPDATE SET
    succeeded = batches.succeeded + excluded.succeeded, failed = batches.failed + excluded.failed,
    cancelled = batches.cancelled + excluded.cancelled,
    flawed = batches.flawed + excluded.flawed, run_us = batches.run_us + excluded.run_us,
    turn = batches.turn + 1
