-- The marked jobs without an outcome that have ended since, are gone, or failed and will run again: those still have
-- the error of their last run. Those that ended come first.
SELECT m.job_id, m.fingerprint, 'dead', d.fingerprint
FROM replay_marks AS m INDEXED BY replay_marks_open
CROSS JOIN dead AS d ON d.namespace = m.namespace AND d.id = m.job_id AND d.fence > m.fence
WHERE m.namespace = :namespace AND m.run_id = :id AND m.outcome IS NULL
UNION ALL
SELECT m.job_id, m.fingerprint, h.state, NULL
FROM replay_marks AS m INDEXED BY replay_marks_open
CROSS JOIN history AS h ON h.namespace = m.namespace AND h.id = m.job_id
WHERE m.namespace = :namespace AND m.run_id = :id AND m.outcome IS NULL
UNION ALL
SELECT m.job_id, m.fingerprint, NULL, NULL
FROM replay_marks AS m INDEXED BY replay_marks_open
WHERE m.namespace = :namespace AND m.run_id = :id AND m.outcome IS NULL
    AND NOT EXISTS (SELECT 1 FROM jobs AS j WHERE j.namespace = m.namespace AND j.id = m.job_id)
    AND NOT EXISTS (SELECT 1 FROM dead AS d WHERE d.namespace = m.namespace AND d.id = m.job_id)
    AND NOT EXISTS (SELECT 1 FROM history AS h WHERE h.namespace = m.namespace AND h.id = m.job_id)
UNION ALL
SELECT
    m.job_id, m.fingerprint, j.state,
    CAST(substr(j.error, nullif(instr(j.error, CAST('"fingerprint":"' AS BLOB)), 0) + 15, 12) AS TEXT)
FROM replay_marks AS m INDEXED BY replay_marks_open
CROSS JOIN jobs AS j ON j.namespace = m.namespace AND j.id = m.job_id
WHERE m.namespace = :namespace AND m.run_id = :id AND m.outcome IS NULL AND j.error IS NOT NULL
LIMIT :limit
