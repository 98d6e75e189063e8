-- Counts, for their parents, the children that ended. A job is in one of the two tables by now.
INSERT INTO batch_deltas (namespace, parent, succeeded, failed, cancelled, flawed, run_us)
SELECT
    :namespace, parent, count(*) * (:state = 'succeeded'), count(*) * (:state = 'failed' OR :state = 'timed_out'),
    count(*) * (:state = 'cancelled'), count(*) * (:reason = 'with_failures'),
    coalesce(sum(CASE WHEN :from_state = 'running' THEN max(finished_at - started_at, 0) END), 0)
FROM (
    SELECT h.parent, h.started_at, h.finished_at
    FROM json_each(:ids) AS e
    CROSS JOIN history AS h ON h.namespace = :namespace AND h.id = e.value
    WHERE h.parent IS NOT NULL
    UNION ALL
    SELECT d.parent, d.started_at, d.finished_at
    FROM json_each(:ids) AS e
    CROSS JOIN dead AS d ON d.namespace = :namespace AND d.id = e.value
    WHERE d.parent IS NOT NULL
)
GROUP BY parent
