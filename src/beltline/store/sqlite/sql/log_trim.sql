-- Leaves the newest lines of each of these jobs.
DELETE FROM job_logs
WHERE namespace = :namespace AND job_id = :job_id AND seq <= (
    SELECT max(seq) FROM job_logs WHERE namespace = :namespace AND job_id = :job_id
) - :most
