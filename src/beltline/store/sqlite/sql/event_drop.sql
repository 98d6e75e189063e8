-- Events without a key that were used: nothing is equal to them.
DELETE FROM trigger_events
WHERE namespace = :namespace AND event_key IS NULL AND id IN (SELECT value FROM json_each(:ids))
