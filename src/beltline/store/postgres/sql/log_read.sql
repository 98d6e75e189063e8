-- $1 namespace, $2 job, $3 after, $4 limit.
SELECT l.seq, l.run, l.at, l.level, l.message, l.fields
FROM job_logs AS l
WHERE l.namespace = $1 AND l.job_id = $2 AND l.seq > $3
ORDER BY l.seq
LIMIT $4
