-- Events were used: they stay so that equal ones are known.
UPDATE trigger_events
SET done_at = :now, payload = x''
WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
