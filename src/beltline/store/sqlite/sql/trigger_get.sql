-- One trigger.
SELECT name, kind, definition, spec, paused, declared, revision, created_at, changed_at, due_at, turn, memory
FROM triggers
WHERE namespace = :namespace AND name = :name
