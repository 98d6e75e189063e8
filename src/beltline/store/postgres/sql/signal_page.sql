-- Returns the signals that a job was sent. $1 namespace, $2 job.
SELECT s.name, s.payload, s.actor, s.at
FROM signals AS s
WHERE s.namespace = $1 AND s.job_id = $2
ORDER BY s.name
