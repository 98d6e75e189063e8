-- Returns jobs that may no longer start: past their deadline, or past their expiry and never started; by the indexes
-- `deadline` and `expiry`. $1 namespace, $2 now, $3 limit.
SELECT f.*
FROM (
    (
        SELECT j.*
        FROM jobs AS j
        WHERE j.namespace = $1 AND j.deadline_at IS NOT NULL AND j.deadline_at <= $2 AND j.state <> 'running'
        ORDER BY j.deadline_at
        LIMIT $3
    )
    UNION ALL
    (
        SELECT j.*
        FROM jobs AS j
        WHERE j.namespace = $1
            AND j.expires_at IS NOT NULL
            AND j.expires_at <= $2
            AND j.runs = 0
            AND j.state <> 'running'
            AND (j.deadline_at IS NULL OR j.deadline_at > $2)
        ORDER BY j.expires_at
        LIMIT $3
    )
) AS f
LIMIT $3
