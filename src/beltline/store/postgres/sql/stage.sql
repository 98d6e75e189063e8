-- Queues what is due and returns how many, by the index `due`. $1 namespace, $2 now, $3 limit, $4 head start.
WITH
due AS MATERIALIZED (
    SELECT j.ctid AS place
    FROM jobs AS j
    WHERE j.namespace = $1 AND j.state IN ('scheduled', 'retrying') AND j.run_at <= $2
    ORDER BY j.run_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
),
staged AS (
    UPDATE jobs AS j
    SET state = 'queued', reason = 'due', queued_at = j.run_at, order_key = j.run_at - j.priority * $4::bigint
    FROM due
    WHERE j.ctid = due.place
    RETURNING j.id
)
SELECT count(*) FROM staged
