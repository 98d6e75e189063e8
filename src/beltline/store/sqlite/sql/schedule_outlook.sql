-- When the next tick of any schedule comes, and whether a tick or a backfill waits: the fronts of three small indexes.
-- Every worker asks it every second.
SELECT
    (
        SELECT min(next_at) FROM schedules INDEXED BY schedules_due
        WHERE namespace = :namespace AND paused = 0 AND next_at IS NOT NULL
    ),
    EXISTS (
        SELECT 1 FROM schedules INDEXED BY schedules_buffering
        WHERE namespace = :namespace AND paused = 0 AND buffered IS NOT NULL
    ),
    EXISTS (
        SELECT 1 FROM backfills INDEXED BY backfills_running
        WHERE namespace = :namespace AND state = 'running'
    )
