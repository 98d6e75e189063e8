-- Counts the changes that matched, from running or to a final state: one row for each definition, queue and
-- state.
INSERT INTO deltas (namespace, minute, definition, queue, event, jobs, run_us, wait_us)
SELECT :namespace, :minute, definition, queue, state, count(*), sum(run_us), sum(wait_us)
FROM moving
WHERE counted
GROUP BY definition, queue, state
