-- The runs of a job that are kept apart from its row, and the last one, which is kept on it.
SELECT run, session, started_at, finished_at, outcome, error FROM attempts
WHERE namespace = :namespace AND job_id = :job_id
UNION ALL
SELECT runs, session, started_at, NULL, NULL, NULL FROM jobs
WHERE namespace = :namespace AND id = :job_id AND state = 'running'
UNION ALL
SELECT runs, session, started_at, finished_at, reason, error FROM dead
WHERE namespace = :namespace AND id = :job_id AND runs > 0 AND NOT EXISTS (
    SELECT 1 FROM attempts WHERE namespace = :namespace AND job_id = :job_id AND run = dead.runs
)
UNION ALL
SELECT runs, session, started_at, finished_at, reason, error FROM history
WHERE namespace = :namespace AND id = :job_id AND runs > 0 AND NOT EXISTS (
    SELECT 1 FROM attempts WHERE namespace = :namespace AND job_id = :job_id AND run = history.runs
)
ORDER BY 1
