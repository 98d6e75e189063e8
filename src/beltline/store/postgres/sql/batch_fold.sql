-- Adds the counts of ended children to their batches, each of which has another turn, and returns how many counts there
-- were. $1 namespace, $2 limit.
WITH
gone AS (
    DELETE FROM batch_deltas
    WHERE ctid = ANY (ARRAY(
        SELECT d.ctid FROM batch_deltas AS d WHERE d.namespace = $1 LIMIT $2 FOR UPDATE SKIP LOCKED
    ))
    RETURNING parent, succeeded, failed, cancelled, flawed, run_us
),
summed AS (
    SELECT g.parent, sum(g.succeeded) AS succeeded, sum(g.failed) AS failed, sum(g.cancelled) AS cancelled,
        sum(g.flawed) AS flawed, sum(g.run_us) AS run_us
    FROM gone AS g
    GROUP BY g.parent
    ORDER BY g.parent
),
added AS (
    UPDATE batches AS b
    SET succeeded = b.succeeded + s.succeeded,
        failed = b.failed + s.failed,
        cancelled = b.cancelled + s.cancelled,
        flawed = b.flawed + s.flawed,
        run_us = b.run_us + s.run_us,
        turn = b.turn + 1
    FROM summed AS s
    WHERE b.namespace = $1 AND b.job_id = s.parent
)
SELECT count(*) FROM gone
