-- $1 namespace, $2 name.
SELECT
    s.name, s.definition, s.spec, s.payload, s.tick_field, s.declared, s.paused, s.next_at, s.revision, s.buffered,
    s.open_jobs, s.last_tick, s.last_job, s.last_fired_at, s.created_at, s.changed_at
FROM schedules AS s
WHERE s.namespace = $1 AND s.name = $2
