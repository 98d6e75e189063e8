-- Queues dependents that wait for nothing more and whose time has come: what `release` decides of most, in one step. The caller
-- has their locks. $1 namespace, $2 ids, $3 now, $4 head start. Returns how many, and which of the others have to be decided one
-- by one: those that wait for nothing more (paused, or due later), and those that have ended. The look-up by primary key is
-- forced, as in apply_history.sql: the planner would walk all jobs that wait.
WITH
found AS MATERIALIZED (
    SELECT
        i.id,
        p.place,
        p.state = 'waiting' AND (p.run_at IS NULL OR p.run_at <= $3) AS simple,
        EXISTS (SELECT FROM edges AS e WHERE e.namespace = $1 AND e.dependent = i.id OFFSET 0) AS waits
    FROM unnest($2::text[]) AS i (id)
    LEFT JOIN LATERAL (
        SELECT l.ctid AS place, l.state, l.run_at
        FROM jobs AS l
        WHERE l.namespace = $1 AND l.id = i.id
        OFFSET 0
    ) AS p ON true
),
ready AS (
    UPDATE jobs AS j
    SET state = 'queued', reason = 'due', run_at = $3, queued_at = $3, order_key = $3 - j.priority * $4::bigint
    FROM found AS f
    WHERE j.ctid = f.place AND f.simple AND NOT f.waits
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM ready),
    (
        SELECT coalesce(array_agg(f.id), '{}')
        FROM found AS f
        WHERE f.place IS NULL OR (NOT f.waits AND NOT f.simple)
    )
