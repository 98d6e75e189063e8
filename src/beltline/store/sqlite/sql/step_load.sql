-- What jobs remember.
SELECT job_id, 'step', name, fence, at, result FROM steps
WHERE namespace = :namespace AND job_id IN (SELECT value FROM json_each(:ids))
UNION ALL
SELECT job_id, 'position', name, fence, at, position FROM positions
WHERE namespace = :namespace AND job_id IN (SELECT value FROM json_each(:ids))
ORDER BY at, name
