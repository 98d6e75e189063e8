-- The runs of a session whose stacks are asked for. Goes from the few requests to their jobs by the primary key.
SELECT s.job_id, s.fence
FROM stacks AS s
CROSS JOIN jobs AS j ON j.namespace = s.namespace AND j.id = s.job_id
WHERE s.namespace = :namespace AND s.stack IS NULL
    AND j.state = 'running' AND j.session = :session AND j.fence = s.fence
