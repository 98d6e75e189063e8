-- Adds deltas to the minute roll-up; fold_remove takes them away in the same transaction.
INSERT INTO rollups (namespace, minute, definition, queue, event, count, run_us, wait_us)
SELECT namespace, minute, definition, queue, event, sum(count), sum(run_us), sum(wait_us)
FROM deltas
WHERE namespace = :namespace AND id <= :until
GROUP BY minute, definition, queue, event
ON CONFLICT (namespace, minute, definition, queue, event) DO UPDATE SET
    count = count + excluded.count, run_us = run_us + excluded.run_us, wait_us = wait_us + excluded.wait_us
