-- Takes outcomes that were looked at; whoever takes them makes their jobs.
DELETE FROM trigger_outcomes
WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
