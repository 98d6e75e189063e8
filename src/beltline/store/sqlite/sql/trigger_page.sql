-- Triggers after a name, by name.
SELECT name, kind, definition, spec, paused, declared, revision, created_at, changed_at, due_at, turn, memory
FROM triggers
WHERE namespace = :namespace AND name > :after
ORDER BY name
LIMIT :limit
