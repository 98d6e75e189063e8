-- Notes which of the jobs that ended others wait for. A job is in one of the two tables by now.
INSERT INTO settled (namespace, job_id, state)
SELECT :namespace, e.value, :state
FROM json_each(:ids) AS e
WHERE EXISTS (SELECT 1 FROM edges WHERE namespace = :namespace AND prerequisite = e.value)
