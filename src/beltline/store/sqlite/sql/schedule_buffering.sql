-- Schedules with a tick that waits, by name and by their index.
SELECT
    name, definition, spec, payload, tick_field, declared, paused, next_at, revision, buffered, open_jobs, last_tick,
    last_job, last_fired_at, created_at, changed_at
FROM schedules INDEXED BY schedules_buffering
WHERE namespace = :namespace AND paused = 0 AND buffered IS NOT NULL
ORDER BY name
LIMIT :limit
