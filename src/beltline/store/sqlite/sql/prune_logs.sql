-- Removes the lines of jobs that go.
DELETE FROM job_logs WHERE namespace = :namespace AND job_id IN (SELECT value FROM json_each(:ids))
