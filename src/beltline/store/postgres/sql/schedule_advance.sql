-- Advances the schedules that are at their revision and that nobody else holds; returns their names. One that another
-- scheduler holds is about to have another revision: to wait for it would be in vain. $1 namespace; arrays of one length:
-- $2 name, $3 revision, $4 next tick, $5 waiting tick, $6 open jobs, $7 last tick, $8 last job, $9 last fired at.
WITH
held AS MATERIALIZED (
    SELECT s.name, a.revision, a.next_at, a.buffered, a.open_jobs, a.last_tick, a.last_job, a.last_fired_at
    FROM unnest(
        $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::text[], $9::bigint[]
    ) AS a (name, revision, next_at, buffered, open_jobs, last_tick, last_job, last_fired_at)
    JOIN schedules AS s ON s.namespace = $1 AND s.name = a.name AND s.revision = a.revision
    FOR UPDATE OF s SKIP LOCKED
)
UPDATE schedules AS s
SET next_at = h.next_at, buffered = h.buffered, open_jobs = h.open_jobs, last_tick = h.last_tick, last_job = h.last_job,
    last_fired_at = h.last_fired_at, revision = s.revision + 1
FROM held AS h
WHERE s.namespace = $1 AND s.name = h.name AND s.revision = h.revision
RETURNING s.name
