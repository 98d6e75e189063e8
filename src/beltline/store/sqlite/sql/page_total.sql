-- How many jobs match, counted up to a limit; where to look is told as in page.sql.
SELECT count(*) FROM (
SELECT 1 FROM jobs INDEXED BY jobs_held
WHERE :in_held
    AND namespace = :namespace
    AND state = 'running'
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
    AND (:definition IS NULL OR definition = :definition)
    AND (:queue IS NULL OR queue = :queue)
    AND (:owner IS NULL OR owner = :owner)
    AND (:since IS NULL OR created_at >= :since)
    AND (:until IS NULL OR created_at < :until)
    AND (:error IS NULL OR instr(error, :error) > 0)
    AND (:labels IS NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(:labels) AS wanted
        WHERE NOT EXISTS (
            SELECT 1 FROM json_each(jobs.labels) AS held
            WHERE held.key = wanted.key AND held.value = wanted.value
        )
    ))
UNION ALL
SELECT 1 FROM jobs INDEXED BY jobs_later
WHERE :in_later
    AND namespace = :namespace
    AND state <> 'queued' AND state <> 'running'
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
    AND (:definition IS NULL OR definition = :definition)
    AND (:queue IS NULL OR queue = :queue)
    AND (:owner IS NULL OR owner = :owner)
    AND (:since IS NULL OR created_at >= :since)
    AND (:until IS NULL OR created_at < :until)
    AND (:error IS NULL OR instr(error, :error) > 0)
    AND (:labels IS NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(:labels) AS wanted
        WHERE NOT EXISTS (
            SELECT 1 FROM json_each(jobs.labels) AS held
            WHERE held.key = wanted.key AND held.value = wanted.value
        )
    ))
UNION ALL
SELECT 1 FROM jobs
WHERE :in_jobs
    AND namespace = :namespace
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
    AND (:definition IS NULL OR definition = :definition)
    AND (:queue IS NULL OR queue = :queue)
    AND (:owner IS NULL OR owner = :owner)
    AND (:since IS NULL OR created_at >= :since)
    AND (:until IS NULL OR created_at < :until)
    AND (:error IS NULL OR instr(error, :error) > 0)
    AND (:labels IS NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(:labels) AS wanted
        WHERE NOT EXISTS (
            SELECT 1 FROM json_each(jobs.labels) AS held
            WHERE held.key = wanted.key AND held.value = wanted.value
        )
    ))
UNION ALL
SELECT 1 FROM dead
WHERE :in_dead
    AND namespace = :namespace
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
    AND (:definition IS NULL OR definition = :definition)
    AND (:queue IS NULL OR queue = :queue)
    AND (:owner IS NULL OR owner = :owner)
    AND (:since IS NULL OR created_at >= :since)
    AND (:until IS NULL OR created_at < :until)
    AND (:error IS NULL OR instr(error, :error) > 0)
    AND (:discarded OR discarded_at IS NULL)
    AND (:labels IS NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(:labels) AS wanted
        WHERE NOT EXISTS (
            SELECT 1 FROM json_each(dead.labels) AS held
            WHERE held.key = wanted.key AND held.value = wanted.value
        )
    ))
UNION ALL
SELECT 1 FROM history
WHERE :in_history
    AND namespace = :namespace
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
    AND (:definition IS NULL OR definition = :definition)
    AND (:queue IS NULL OR queue = :queue)
    AND (:owner IS NULL OR owner = :owner)
    AND (:since IS NULL OR created_at >= :since)
    AND (:until IS NULL OR created_at < :until)
    AND (:error IS NULL OR instr(error, :error) > 0)
    AND (:labels IS NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(:labels) AS wanted
        WHERE NOT EXISTS (
            SELECT 1 FROM json_each(history.labels) AS held
            WHERE held.key = wanted.key AND held.value = wanted.value
        )
    ))
LIMIT :most
)
