-- Keeps the attempts that ended without ending their job.
INSERT INTO attempts (namespace, job_id, run, session, started_at, finished_at, outcome, error)
SELECT :namespace, j.id, j.runs, j.session, j.started_at, m.at, m.reason, m.error
FROM moving AS m
CROSS JOIN jobs AS j ON j.namespace = :namespace AND j.id = m.id
WHERE j.state = 'running' AND m.state NOT IN ('succeeded', 'cancelled', 'failed', 'timed_out')
