-- Keeps the attempts that end without ending their job.
INSERT INTO attempts (namespace, job_id, run, session, started_at, finished_at, outcome, error, version)
SELECT
    :namespace, j.id, j.runs, j.session, j.started_at, :at, :reason,
    CASE WHEN :errors IS NOT NULL THEN substr(
        :errors,
        CAST(substr(:error_places, e.key * 24 + 1, 12) AS INTEGER),
        CAST(substr(:error_places, e.key * 24 + 13, 12) AS INTEGER)
    ) END,
    :ran_version
FROM json_each(:ids) AS e
CROSS JOIN jobs AS j ON j.namespace = :namespace AND j.id = e.value AND j.fence = :fence
WHERE j.state = :from_state AND j.request IS :request
