-- Keeps the last attempt of each dead letter, unless it ended before the job did.
INSERT INTO attempts (namespace, job_id, run, session, started_at, finished_at, outcome, error, version)
SELECT namespace, id, runs, session, started_at, finished_at, reason, error, ran_version
FROM dead
WHERE namespace = :namespace AND runs > 0 AND id IN (SELECT value FROM json_each(:ids))
ON CONFLICT (namespace, job_id, run) DO NOTHING
