-- Advances the schedules that are at their revision; returns their names. The rows are read on their own (LIMIT), the
-- namespace with them: joined freely, SQLite walks all schedules once for each row.
UPDATE schedules
SET next_at = a.next_at, buffered = a.buffered, open_jobs = a.open_jobs, last_tick = a.last_tick,
    last_job = a.last_job, last_fired_at = a.last_fired_at, revision = schedules.revision + 1
FROM (
    SELECT
        :namespace AS namespace,
        json_extract(value, '$[0]') AS name,
        json_extract(value, '$[1]') AS revision,
        json_extract(value, '$[2]') AS next_at,
        json_extract(value, '$[3]') AS buffered,
        json_extract(value, '$[4]') AS open_jobs,
        json_extract(value, '$[5]') AS last_tick,
        json_extract(value, '$[6]') AS last_job,
        json_extract(value, '$[7]') AS last_fired_at
    FROM json_each(:rows)
    LIMIT -1
) AS a
WHERE schedules.namespace = a.namespace AND schedules.name = a.name AND schedules.revision = a.revision
RETURNING schedules.name
