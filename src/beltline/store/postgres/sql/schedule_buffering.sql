-- Schedules with a tick that waits, by the index `schedules_buffering`. $1 namespace, $2 limit.
SELECT
    s.name, s.definition, s.spec, s.payload, s.tick_field, s.declared, s.paused, s.next_at, s.revision, s.buffered,
    s.open_jobs, s.last_tick, s.last_job, s.last_fired_at, s.created_at, s.changed_at
FROM schedules AS s
WHERE s.namespace = $1 AND NOT s.paused AND s.buffered IS NOT NULL
ORDER BY s.name
LIMIT $2
