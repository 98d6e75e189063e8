-- Forgets what a trigger that goes held.
DELETE FROM trigger_events WHERE namespace = :namespace AND name = :name
