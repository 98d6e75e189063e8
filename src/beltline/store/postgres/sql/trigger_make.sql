-- Makes a trigger and returns its name; where it exists nothing happens. $1 namespace, $2 now, $3 name, $4 kind,
-- $5 definition, $6 spec, $7 paused, $8 declared, $9 due_at.
INSERT INTO triggers (
    namespace, created_at, changed_at, name, kind, definition, spec, paused, declared, due_at, revision
)
VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, 1)
ON CONFLICT (namespace, name) DO NOTHING
RETURNING name
