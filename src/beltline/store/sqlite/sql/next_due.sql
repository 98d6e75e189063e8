-- When the next delayed or retrying job is due.
SELECT min(run_at) FROM jobs WHERE namespace = :namespace AND state IN ('scheduled', 'retrying')
