-- Forgets what a trigger that goes refused.
DELETE FROM trigger_refusals WHERE namespace = :namespace AND name = :name
