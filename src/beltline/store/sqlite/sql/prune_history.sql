-- Removes rows of history.
DELETE FROM history WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
