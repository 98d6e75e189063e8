-- The artifacts of a job, in the order of its runs.
SELECT job_id, run, name, type, size, reference, created_at FROM artifacts
WHERE namespace = :namespace AND job_id = :job_id
ORDER BY run, name
