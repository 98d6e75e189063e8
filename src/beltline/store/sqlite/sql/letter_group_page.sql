-- The dead letters of a group, oldest first: as letter_page.sql, by the index of groups.
SELECT id, fingerprint, finished_at
FROM dead INDEXED BY dead_by_group
WHERE namespace = :namespace AND fingerprint = :fingerprint
    AND discarded_at IS NULL
    AND finished_at < :until
    AND finished_at >= :after_at
    AND (finished_at > :after_at OR id > :after_id)
    AND (:definition IS NULL OR definition = :definition)
    AND (:queue IS NULL OR queue = :queue)
    AND (:labels IS NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(:labels) AS wanted
        WHERE NOT EXISTS (
            SELECT 1 FROM json_each(dead.labels) AS held
            WHERE held.key = wanted.key AND held.value = wanted.value
        )
    ))
    AND NOT EXISTS (
        SELECT 1 FROM replay_marks AS m
        WHERE m.namespace = :namespace AND m.run_id = :run AND m.job_id = dead.id AND m.times >= :times
    )
ORDER BY finished_at, id
LIMIT :limit
