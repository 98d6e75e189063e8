-- Those of the jobs that are not final.
SELECT id FROM jobs WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
