-- Folds deltas into the minutes and returns how many. Rows that another process folds are passed over; the sums are
-- written in the order of the key, so that two processes wait for each other, never both. $1 namespace, $2 limit.
WITH
taken AS (
    DELETE FROM deltas
    WHERE ctid = ANY (ARRAY(SELECT d.ctid FROM deltas AS d WHERE d.namespace = $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING minute, definition, queue, event, count, run_us, wait_us
),
folded AS (
    INSERT INTO rollups AS r (namespace, minute, definition, queue, event, count, run_us, wait_us)
    SELECT $1, t.minute, t.definition, t.queue, t.event, sum(t.count), sum(t.run_us), sum(t.wait_us)
    FROM taken AS t
    GROUP BY t.minute, t.definition, t.queue, t.event
    ORDER BY t.minute, t.definition, t.queue, t.event
    ON CONFLICT (namespace, minute, definition, queue, event) DO UPDATE
    SET count = r.count + excluded.count, run_us = r.run_us + excluded.run_us, wait_us = r.wait_us + excluded.wait_us
)
SELECT count(*) FROM taken
