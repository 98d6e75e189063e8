-- $1 namespace.
SELECT j.run_at
FROM jobs AS j
WHERE j.namespace = $1 AND j.state IN ('scheduled', 'retrying')
ORDER BY j.run_at
LIMIT 1
