-- Changes what is set from outside of a schedule that is at its revision, and returns its name. $1 namespace, $2 now,
-- $3 name, $4 definition, $5 spec, $6 payload, $7 tick field, $8 declared, $9 paused, $10 next tick, $11 revision.
UPDATE schedules AS s
SET definition = $4, spec = $5, payload = $6, tick_field = $7, declared = $8, paused = $9, next_at = $10,
    revision = s.revision + 1, changed_at = $2
WHERE s.namespace = $1 AND s.name = $3 AND s.revision = $11
RETURNING s.name
