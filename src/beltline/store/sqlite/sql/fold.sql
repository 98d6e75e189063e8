-- Adds deltas to the minute roll-up; fold_remove takes them away in the same transaction.
INSERT INTO rollups (namespace, minute, definition, queue, event, jobs, run_us, wait_us)
SELECT namespace, minute, definition, queue, event, sum(jobs), sum(run_us), sum(wait_us)
FROM deltas
WHERE namespace = :namespace AND id <= :until
GROUP BY minute, definition, queue, event
ON CONFLICT (namespace, minute, definition, queue, event) DO UPDATE SET
    jobs = rollups.jobs + excluded.jobs, run_us = rollups.run_us + excluded.run_us,
    wait_us = rollups.wait_us + excluded.wait_us
