-- Returns the minutes from $2 (included) to $3 (excluded) of namespace $1, what is not folded yet added.
SELECT t.minute, t.definition, t.queue, t.event, sum(t.count)::bigint, sum(t.run_us)::bigint, sum(t.wait_us)::bigint
FROM (
    SELECT r.minute, r.definition, r.queue, r.event, r.count, r.run_us, r.wait_us
    FROM rollups AS r
    WHERE r.namespace = $1 AND r.minute >= $2 AND r.minute < $3
    UNION ALL
    SELECT d.minute, d.definition, d.queue, d.event, d.count, d.run_us, d.wait_us
    FROM deltas AS d
    WHERE d.namespace = $1 AND d.minute >= $2 AND d.minute < $3
) AS t
GROUP BY t.minute, t.definition, t.queue, t.event
ORDER BY t.minute, t.definition, t.queue, t.event
