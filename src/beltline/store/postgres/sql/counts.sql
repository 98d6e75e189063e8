-- Counts the unfinished jobs and the dead letters that are not discarded. The many, what is queued, are counted in the
-- index `ready` alone where vacuum has been by; the others by indexes of their own. $1 namespace.
SELECT j.queue, 'queued' AS state, count(*) FROM jobs AS j WHERE j.namespace = $1 AND j.state = 'queued' GROUP BY j.queue
UNION ALL
SELECT j.queue, 'running', count(*) FROM jobs AS j WHERE j.namespace = $1 AND j.state = 'running' GROUP BY j.queue
UNION ALL
SELECT j.queue, j.state, count(*)
FROM jobs AS j
WHERE j.namespace = $1 AND j.state IN ('scheduled', 'retrying')
GROUP BY j.queue, j.state
UNION ALL
SELECT j.queue, j.state, count(*)
FROM jobs AS j
WHERE j.namespace = $1 AND j.state IN ('waiting', 'paused')
GROUP BY j.queue, j.state
UNION ALL
SELECT d.queue, d.state, count(*) FROM dead AS d WHERE d.namespace = $1 AND d.discarded_at IS NULL GROUP BY d.queue, d.state
ORDER BY 1, 2
