-- Schedules whose next tick has come, the longest due first, by the index `schedules_due`. $1 namespace, $2 now, $3 limit.
SELECT
    s.name, s.definition, s.spec, s.payload, s.tick_field, s.declared, s.paused, s.next_at, s.revision, s.buffered,
    s.open_jobs, s.last_tick, s.last_job, s.last_fired_at, s.created_at, s.changed_at
FROM schedules AS s
WHERE s.namespace = $1 AND NOT s.paused AND s.next_at <= $2
ORDER BY s.next_at
LIMIT $3
