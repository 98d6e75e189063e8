-- Changes a trigger that is at its revision, and returns its name; it is looked at when the change says so, or before.
-- $1 namespace, $2 now, $3 name, $4 kind, $5 definition, $6 spec, $7 paused, $8 declared, $9 due_at, $10 revision.
UPDATE triggers AS t
SET kind = $4, definition = $5, spec = $6, paused = $7, declared = $8, due_at = least(t.due_at, $9),
    revision = t.revision + 1, turn = t.turn + 1, changed_at = $2
WHERE t.namespace = $1 AND t.name = $3 AND t.revision = $10
RETURNING t.name
