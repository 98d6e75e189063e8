-- What jobs remember. $1 namespace, $2 jobs.
SELECT s.job_id, 'step', s.name, s.fence, s.at, s.result
FROM steps AS s
WHERE s.namespace = $1 AND s.job_id = ANY ($2::text[])
UNION ALL
SELECT p.job_id, 'position', p.name, p.fence, p.at, p.position
FROM positions AS p
WHERE p.namespace = $1 AND p.job_id = ANY ($2::text[])
ORDER BY at, name
