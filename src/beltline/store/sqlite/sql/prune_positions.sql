-- Removes the positions of jobs that go.
DELETE FROM positions WHERE namespace = :namespace AND job_id IN (SELECT value FROM json_each(:ids))
