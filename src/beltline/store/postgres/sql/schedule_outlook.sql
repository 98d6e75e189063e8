-- When the next tick of any schedule comes, and whether a tick or a backfill waits: the fronts of three small indexes.
-- Every worker asks it every second. $1 namespace.
SELECT
    (
        SELECT s.next_at
        FROM schedules AS s
        WHERE s.namespace = $1 AND NOT s.paused AND s.next_at IS NOT NULL
        ORDER BY s.next_at
        LIMIT 1
    ),
    EXISTS (SELECT FROM schedules AS s WHERE s.namespace = $1 AND NOT s.paused AND s.buffered IS NOT NULL),
    EXISTS (SELECT FROM backfills AS b WHERE b.namespace = $1 AND b.state = 'running')
