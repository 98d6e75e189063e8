-- Removes rows of dead.
DELETE FROM dead WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
