-- Triggers after a name, by name.
SELECT name, kind, definition, spec, paused, revision, created_at, changed_at
FROM triggers
WHERE namespace = :namespace AND name > :after
ORDER BY name
LIMIT :limit
