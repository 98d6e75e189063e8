-- Schedules whose next tick has come, the longest due first, by their index.
SELECT
    name, definition, spec, payload, tick_field, declared, paused, next_at, revision, buffered, open_jobs, last_tick,
    last_job, last_fired_at, created_at, changed_at
FROM schedules INDEXED BY schedules_due
WHERE namespace = :namespace AND paused = 0 AND next_at IS NOT NULL AND next_at <= :now
ORDER BY next_at
LIMIT :limit
