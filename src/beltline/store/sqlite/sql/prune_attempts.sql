-- Removes the attempts of jobs that go.
DELETE FROM attempts WHERE namespace = :namespace AND job_id IN (SELECT value FROM json_each(:ids))
