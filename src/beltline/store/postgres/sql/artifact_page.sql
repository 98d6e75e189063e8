-- The artifacts of a job, in the order of its runs. $1 namespace, $2 job.
SELECT a.job_id, a.run, a.name, a.type, a.size, a.reference, a.created_at
FROM artifacts AS a
WHERE a.namespace = $1 AND a.job_id = $2
ORDER BY a.run, a.name
