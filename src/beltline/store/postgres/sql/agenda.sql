-- Says what there is to see to, from the fronts of small indexes. $1 namespace, $2 now.
SELECT
    (
        SELECT j.run_at
        FROM jobs AS j
        WHERE j.namespace = $1 AND j.state IN ('scheduled', 'retrying')
        ORDER BY j.run_at
        LIMIT 1
    ),
    (
        SELECT s.next_at
        FROM schedules AS s
        WHERE s.namespace = $1 AND NOT s.paused AND s.next_at IS NOT NULL
        ORDER BY s.next_at
        LIMIT 1
    ),
    (
        SELECT t.due_at
        FROM triggers AS t
        WHERE t.namespace = $1 AND NOT t.paused AND t.due_at IS NOT NULL
        ORDER BY t.due_at
        LIMIT 1
    ),
    EXISTS (SELECT FROM schedules AS s WHERE s.namespace = $1 AND NOT s.paused AND s.buffered IS NOT NULL)
    OR EXISTS (SELECT FROM backfills AS b WHERE b.namespace = $1 AND b.state = 'running'),
    EXISTS (SELECT FROM settled AS s WHERE s.namespace = $1)
    OR EXISTS (SELECT FROM edges AS e WHERE e.namespace = $1 AND e.unknown_at IS NOT NULL AND e.unknown_at <= $2)
    OR EXISTS (SELECT FROM batch_deltas AS d WHERE d.namespace = $1)
    OR EXISTS (SELECT FROM batches AS b WHERE b.namespace = $1 AND b.turn <> b.seen),
    EXISTS (
        SELECT FROM trigger_watches AS w
        WHERE w.namespace = $1
            AND EXISTS (SELECT FROM trigger_outcomes AS o WHERE o.namespace = $1 AND o.name = w.name)
    ),
    EXISTS (
        SELECT FROM jobs AS j
        WHERE j.namespace = $1 AND j.deadline_at IS NOT NULL AND j.deadline_at <= $2 AND j.state <> 'running'
    )
    OR EXISTS (
        SELECT FROM jobs AS j
        WHERE j.namespace = $1
            AND j.expires_at IS NOT NULL
            AND j.expires_at <= $2
            AND j.runs = 0
            AND j.state <> 'running'
    ),
    EXISTS (SELECT FROM deltas AS d WHERE d.namespace = $1),
    EXISTS (SELECT FROM replay_runs AS r WHERE r.namespace = $1 AND (r.state = 'running' OR r.state = 'watching')),
    EXISTS (SELECT FROM bulk_actions AS b WHERE b.namespace = $1 AND b.state = 'pending' AND b.due_at <= $2),
    (
        SELECT pg_stat_get_dead_tuples(c.jobs) > 100000 + pg_stat_get_live_tuples(c.jobs) / 5
        FROM (SELECT 'jobs'::regclass AS jobs) AS c
    )
