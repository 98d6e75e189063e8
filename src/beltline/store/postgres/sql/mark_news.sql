-- Returns the marked jobs without an outcome that have ended since, are gone, or failed and will run again: those still
-- have the error of their last run. $1 namespace, $2 run, $3 limit.
SELECT m.job_id, m.fingerprint, f.state, f.fingerprint
FROM replay_marks AS m
CROSS JOIN LATERAL (
    SELECT 'dead' AS state, d.fingerprint
    FROM dead AS d
    WHERE d.namespace = $1 AND d.id = m.job_id AND d.fence > m.fence
    UNION ALL
    SELECT h.state, NULL
    FROM history AS h
    WHERE h.namespace = $1 AND h.id = m.job_id
    UNION ALL
    SELECT j.state, failure_fingerprint(j.error)
    FROM jobs AS j
    WHERE j.namespace = $1 AND j.id = m.job_id AND j.error IS NOT NULL
    UNION ALL
    SELECT NULL, NULL
    WHERE NOT EXISTS (SELECT FROM jobs AS j WHERE j.namespace = $1 AND j.id = m.job_id)
        AND NOT EXISTS (SELECT FROM dead AS d WHERE d.namespace = $1 AND d.id = m.job_id)
        AND NOT EXISTS (SELECT FROM history AS h WHERE h.namespace = $1 AND h.id = m.job_id)
) AS f
WHERE m.namespace = $1 AND m.run_id = $2 AND m.outcome IS NULL
ORDER BY f.state NOT IN ('dead', 'succeeded', 'cancelled') NULLS FIRST
LIMIT $3
