-- Removes the batches of jobs that go.
DELETE FROM batches WHERE namespace = :namespace AND job_id IN (SELECT value FROM json_each(:ids))
