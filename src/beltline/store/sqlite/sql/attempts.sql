-- The runs of a job that are kept apart from its row, and the last one, which is kept on it. The version is that of the
-- code that ran: what was kept with the run, what the session of a run that goes on has, else that of the job.
WITH made (version) AS (
    SELECT version FROM jobs WHERE namespace = :namespace AND id = :job_id
    UNION ALL
    SELECT version FROM dead WHERE namespace = :namespace AND id = :job_id
    UNION ALL
    SELECT version FROM history WHERE namespace = :namespace AND id = :job_id
)
SELECT run, session, started_at, finished_at, outcome, error, coalesce(version, (SELECT version FROM made))
FROM attempts
WHERE namespace = :namespace AND job_id = :job_id
UNION ALL
SELECT runs, session, started_at, NULL, NULL, NULL, coalesce(
    (
        SELECT json_extract(s.versions, '$[' || d.key || ']')
        FROM sessions AS s
        CROSS JOIN json_each(s.definitions) AS d
        WHERE s.namespace = :namespace AND s.id = jobs.session AND d.value = jobs.definition
    ),
    version
)
FROM jobs
WHERE namespace = :namespace AND id = :job_id AND state = 'running'
UNION ALL
SELECT runs, session, started_at, finished_at, reason, error, coalesce(ran_version, version) FROM dead
WHERE namespace = :namespace AND id = :job_id AND runs > 0 AND NOT EXISTS (
    SELECT 1 FROM attempts WHERE namespace = :namespace AND job_id = :job_id AND run = dead.runs
)
UNION ALL
SELECT runs, session, started_at, finished_at, reason, error, coalesce(ran_version, version) FROM history
WHERE namespace = :namespace AND id = :job_id AND runs > 0 AND NOT EXISTS (
    SELECT 1 FROM attempts WHERE namespace = :namespace AND job_id = :job_id AND run = history.runs
)
ORDER BY 1
