-- Returns every run of a job. The last one is on the job's own row, unless it was followed by a change that kept it in
-- `attempts`. $1 namespace, $2 id.
WITH
kept AS (
    SELECT a.run, a.session, a.started_at, a.finished_at, a.outcome, a.error
    FROM attempts AS a
    WHERE a.namespace = $1 AND a.job_id = $2
),
last AS (
    SELECT j.runs, j.session, j.started_at, j.finished_at, NULL::text AS outcome, j.error
    FROM jobs AS j
    WHERE j.namespace = $1 AND j.id = $2
    UNION ALL
    SELECT d.runs, d.session, d.started_at, d.finished_at, d.reason, d.error
    FROM dead AS d
    WHERE d.namespace = $1 AND d.id = $2
    UNION ALL
    SELECT h.runs, h.session, h.started_at, h.finished_at, h.reason, h.error
    FROM history AS h
    WHERE h.namespace = $1 AND h.id = $2
)
SELECT * FROM kept
UNION ALL
SELECT * FROM last WHERE last.runs > 0 AND NOT EXISTS (SELECT FROM kept WHERE kept.run = last.runs)
ORDER BY run
