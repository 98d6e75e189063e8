-- Forgets objects that are gone.
DELETE FROM trigger_objects
WHERE namespace = :namespace AND name = :name AND object IN (SELECT value FROM json_each(:objects))
