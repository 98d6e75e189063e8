-- The minute roll-up and the deltas that are not in it yet.
SELECT minute, definition, queue, event, sum(jobs), sum(run_us), sum(wait_us)
FROM (
    SELECT minute, definition, queue, event, jobs, run_us, wait_us FROM rollups
    WHERE namespace = :namespace AND minute >= :since AND minute < :until
    UNION ALL
    SELECT minute, definition, queue, event, jobs, run_us, wait_us FROM deltas
    WHERE namespace = :namespace AND minute >= :since AND minute < :until
)
GROUP BY minute, definition, queue, event
ORDER BY minute, definition, queue, event
