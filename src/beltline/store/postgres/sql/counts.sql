-- Counts the unfinished jobs and the dead letters that are not discarded. Reads both tables whole. $1 namespace.
SELECT j.queue, j.state, count(*) FROM jobs AS j WHERE j.namespace = $1 GROUP BY j.queue, j.state
UNION ALL
SELECT d.queue, d.state, count(*) FROM dead AS d WHERE d.namespace = $1 AND d.discarded_at IS NULL GROUP BY d.queue, d.state
ORDER BY 1, 2
