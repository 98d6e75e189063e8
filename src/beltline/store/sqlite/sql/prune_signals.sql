-- Removes the signals of jobs that go.
DELETE FROM signals WHERE namespace = :namespace AND job_id IN (SELECT value FROM json_each(:ids))
