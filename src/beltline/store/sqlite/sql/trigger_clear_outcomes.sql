-- Forgets outcomes noted for a trigger that goes.
DELETE FROM trigger_outcomes WHERE namespace = :namespace AND name = :name
