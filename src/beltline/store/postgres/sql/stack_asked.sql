-- The runs of a session whose stacks are asked for. Goes from the few requests to their jobs by the primary key.
-- $1 namespace, $2 session.
SELECT s.job_id, s.fence
FROM stacks AS s
CROSS JOIN LATERAL (
    SELECT j.fence, j.session, j.state FROM jobs AS j WHERE j.namespace = $1 AND j.id = s.job_id OFFSET 0
) AS r
WHERE s.namespace = $1 AND s.stack IS NULL AND r.state = 'running' AND r.session = $2 AND r.fence = s.fence
