-- One trigger.
SELECT name, kind, definition, spec, paused, revision, created_at, changed_at
FROM triggers
WHERE namespace = :namespace AND name = :name
