-- Removes the list of the artifacts of jobs that go; the objects go when upkeep finds that their job is gone.
DELETE FROM artifacts WHERE namespace = :namespace AND job_id IN (SELECT value FROM json_each(:ids))
