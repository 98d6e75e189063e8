-- When the next delayed or retrying job is due.
SELECT min(run_at) FROM (
    SELECT min(run_at) AS run_at FROM jobs INDEXED BY jobs_later
    WHERE namespace = :namespace AND state = 'scheduled' AND state <> 'queued' AND state <> 'running'
    UNION ALL
    SELECT min(run_at) FROM jobs INDEXED BY jobs_later
    WHERE namespace = :namespace AND state = 'retrying' AND state <> 'queued' AND state <> 'running'
)
