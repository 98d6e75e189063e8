-- Changes a trigger that is at its revision, and returns its name. $1 namespace, $2 now, $3 name, $4 kind,
-- $5 definition, $6 spec, $7 paused, $8 revision.
UPDATE triggers AS t
SET kind = $4, definition = $5, spec = $6, paused = $7, revision = t.revision + 1, changed_at = $2
WHERE t.namespace = $1 AND t.name = $3 AND t.revision = $8
RETURNING t.name
