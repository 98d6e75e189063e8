-- Makes a schedule and returns its name; where it exists nothing happens. $1 namespace, $2 now, $3 name, $4 definition,
-- $5 spec, $6 payload, $7 tick field, $8 declared, $9 paused, $10 next tick.
INSERT INTO schedules (
    namespace, created_at, changed_at, name, definition, spec, payload, tick_field, declared, paused, next_at, revision,
    open_jobs
)
VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, '[]')
ON CONFLICT (namespace, name) DO NOTHING
RETURNING name
