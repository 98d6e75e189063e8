-- The requests noted on the jobs of a session, as one row.
SELECT json_group_array(json_array(id, fence, request)) FROM jobs INDEXED BY jobs_held
WHERE namespace = :namespace AND session = :session AND state = 'running' AND request IS NOT NULL
