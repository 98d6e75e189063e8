-- Forgets what became of the events of a trigger that goes.
DELETE FROM trigger_counts WHERE namespace = :namespace AND name = :name
