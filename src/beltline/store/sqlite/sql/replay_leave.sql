-- Removes replayed jobs from the dead letters.
DELETE FROM dead WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
