-- What there is to see to, from the fronts of small indexes.
SELECT
    (
        SELECT min(run_at) FROM (
            SELECT min(run_at) AS run_at FROM jobs INDEXED BY jobs_later
            WHERE namespace = :namespace AND state = 'scheduled' AND state <> 'queued' AND state <> 'running'
            UNION ALL
            SELECT min(run_at) FROM jobs INDEXED BY jobs_later
            WHERE namespace = :namespace AND state = 'retrying' AND state <> 'queued' AND state <> 'running'
        )
    ),
    (
        SELECT min(next_at) FROM schedules INDEXED BY schedules_due
        WHERE namespace = :namespace AND paused = 0 AND next_at IS NOT NULL
    ),
    (
        SELECT min(due_at) FROM triggers INDEXED BY triggers_due
        WHERE namespace = :namespace AND paused = 0 AND due_at IS NOT NULL
    ),
    EXISTS (
        SELECT 1 FROM schedules INDEXED BY schedules_buffering
        WHERE namespace = :namespace AND paused = 0 AND buffered IS NOT NULL
    )
    OR EXISTS (
        SELECT 1 FROM backfills INDEXED BY backfills_running WHERE namespace = :namespace AND state = 'running'
    ),
    EXISTS (SELECT 1 FROM settled WHERE namespace = :namespace)
    OR EXISTS (
        SELECT 1 FROM edges INDEXED BY edges_unknown
        WHERE namespace = :namespace AND unknown_at IS NOT NULL AND unknown_at <= :now
    )
    OR EXISTS (SELECT 1 FROM batch_deltas WHERE namespace = :namespace)
    OR EXISTS (SELECT 1 FROM batches INDEXED BY batches_due WHERE namespace = :namespace AND turn <> seen),
    EXISTS (
        SELECT 1 FROM trigger_watches AS w
        WHERE w.namespace = :namespace
            AND EXISTS (SELECT 1 FROM trigger_outcomes AS o WHERE o.namespace = :namespace AND o.name = w.name)
    ),
    EXISTS (
        SELECT 1 FROM jobs INDEXED BY jobs_deadline
        WHERE namespace = :namespace AND deadline_at IS NOT NULL AND deadline_at <= :now AND state <> 'running'
    )
    OR EXISTS (
        SELECT 1 FROM jobs INDEXED BY jobs_expiry
        WHERE namespace = :namespace AND expires_at IS NOT NULL AND expires_at <= :now AND runs = 0
            AND state <> 'running'
    ),
    EXISTS (SELECT 1 FROM deltas WHERE namespace = :namespace),
    EXISTS (
        SELECT 1 FROM replay_runs INDEXED BY replay_runs_open
        WHERE namespace = :namespace AND (state = 'running' OR state = 'watching')
    ),
    EXISTS (
        SELECT 1 FROM bulk_actions INDEXED BY bulk_actions_due
        WHERE namespace = :namespace AND state = 'pending' AND due_at <= :now
    ),
    -- Rows that are gone leave nothing behind here.
    FALSE
