-- When the next delayed or retrying job is due.
SELECT min(run_at) FROM jobs INDEXED BY jobs_due
WHERE namespace = :namespace AND state IN ('scheduled', 'retrying')
