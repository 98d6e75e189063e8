-- The lines of a job after a cursor, oldest first.
SELECT seq, run, at, level, message, fields FROM job_logs
WHERE namespace = :namespace AND job_id = :job_id AND seq > :after
ORDER BY seq
LIMIT :limit
