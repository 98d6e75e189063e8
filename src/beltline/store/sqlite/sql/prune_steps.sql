-- Removes the steps of jobs that go.
DELETE FROM steps WHERE namespace = :namespace AND job_id IN (SELECT value FROM json_each(:ids))
