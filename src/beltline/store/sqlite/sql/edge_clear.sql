-- Removes all that these jobs wait for.
DELETE FROM edges WHERE namespace = :namespace AND dependent IN (SELECT value FROM json_each(:ids))
