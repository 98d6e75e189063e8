-- Forgets what a trigger that goes has seen.
DELETE FROM trigger_objects WHERE namespace = :namespace AND name = :name
