-- One schedule.
SELECT
    name, definition, spec, payload, tick_field, declared, paused, next_at, revision, buffered, open_jobs, last_tick,
    last_job, last_fired_at, created_at, changed_at
FROM schedules
WHERE namespace = :namespace AND name = :name
