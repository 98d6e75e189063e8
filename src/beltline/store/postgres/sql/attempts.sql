-- Returns every run of a job. The last one is on the job's own row, unless it was followed by a change that kept it in
-- `attempts`. The version is that of the code that ran: what was kept with the run, what the session of a run that goes
-- on has, else that of the job. $1 namespace, $2 id.
WITH
kept AS (
    SELECT a.run, a.session, a.started_at, a.finished_at, a.outcome, a.error, a.version
    FROM attempts AS a
    WHERE a.namespace = $1 AND a.job_id = $2
),
last AS (
    SELECT
        j.runs, j.session, j.started_at, j.finished_at, NULL::text AS outcome, j.error, j.version AS made_with,
        (
            SELECT s.versions[array_position(s.definitions, j.definition)]
            FROM sessions AS s
            WHERE s.namespace = $1 AND s.id = j.session
        ) AS ran_version
    FROM jobs AS j
    WHERE j.namespace = $1 AND j.id = $2
    UNION ALL
    SELECT d.runs, d.session, d.started_at, d.finished_at, d.reason, d.error, d.version, d.ran_version
    FROM dead AS d
    WHERE d.namespace = $1 AND d.id = $2
    UNION ALL
    SELECT h.runs, h.session, h.started_at, h.finished_at, h.reason, h.error, h.version, h.ran_version
    FROM history AS h
    WHERE h.namespace = $1 AND h.id = $2
)
SELECT
    k.run, k.session, k.started_at, k.finished_at, k.outcome, k.error,
    coalesce(k.version, (SELECT l.made_with FROM last AS l)) AS version
FROM kept AS k
UNION ALL
SELECT l.runs, l.session, l.started_at, l.finished_at, l.outcome, l.error, coalesce(l.ran_version, l.made_with)
FROM last AS l
WHERE l.runs > 0 AND NOT EXISTS (SELECT FROM kept WHERE kept.run = l.runs)
ORDER BY run
