-- Moves succeeded or cancelled jobs to history, each guarded by (id, fence, from_state). Returns the ids moved, or null
-- where all were. $1 namespace; $2 ids in order, $3 fences; for all of them $4 from_state, $5 state, $6 reason (as arrays
-- these three cost a tenth of the statement); arrays again: $7 at, $8 result; arrays, or null and one value for all:
-- $9 and $15 error, $10 and $13 attempts_used, $11 and $14 crashes; $12 minute.
-- OFFSET 0 makes the planner look up each id by primary key: joined freely, it may walk all running jobs once for each
-- pair (57 ms for 500). The delete goes by place and checks the guard, again after waiting for another writer.
WITH
gone AS (
    DELETE FROM jobs AS j
    USING (
        SELECT i.*, p.place
        FROM unnest($2::text[], $3::bigint[], $7::bigint[], $8::bytea[], $9::bytea[],
            $10::integer[], $11::integer[])
            AS i (id, fence, at, new_result, new_error, new_attempts, new_crashes)
        CROSS JOIN LATERAL (
            SELECT l.ctid AS place FROM jobs AS l WHERE l.namespace = $1 AND l.id = i.id OFFSET 0
        ) AS p
    ) AS f
    WHERE j.ctid = f.place AND j.fence = f.fence AND j.state = $4::text
    RETURNING j.*, f.at, f.new_result, f.new_error, f.new_attempts, f.new_crashes
),
moved AS (
    INSERT INTO history
    SELECT
        g.namespace, g.id, g.definition, g.version, g.queue, $5::text, $6::text, g.priority, g.order_key, g.run_at,
        g.payload, g.payload_hash, g.labels, g.created_at, g.queued_at, g.started_at, g.at, g.fence, g.runs, coalesce(g.new_attempts, $13),
        coalesce(g.new_crashes, $14), g.max_attempts, g.session, g.request, g.paused_from, g.timeout_us, g.deadline_at, g.expires_at,
        g.new_result, coalesce(g.new_error, $15), g.progress, g.progress_note, g.correlation_id, g.traceparent, g.owner, g.actor,
        g.parent, g.root, g.idempotency_key
    FROM gone AS g
    RETURNING id
),
counted AS (
    INSERT INTO deltas (namespace, minute, definition, queue, event, count, run_us, wait_us)
    SELECT
        $1,
        $12,
        g.definition,
        g.queue,
        $5::text,
        count(*),
        coalesce(sum(greatest(g.at - g.started_at, 0)) FILTER (WHERE $4::text = 'running'), 0),
        coalesce(sum(greatest(g.started_at - g.queued_at, 0)) FILTER (WHERE $4::text = 'running'), 0)
    FROM gone AS g
    GROUP BY g.definition, g.queue
),
keyed AS (
    UPDATE idempotency AS k
    SET expires_at = g.at + 86400000000
    FROM gone AS g
    WHERE g.idempotency_key IS NOT NULL
        AND k.namespace = $1
        AND k.definition = g.definition
        AND k.idempotency_key = g.idempotency_key
        AND k.job_id = g.id
)
SELECT CASE WHEN count(*) < cardinality($2) THEN coalesce(array_agg(m.id), '{}') END FROM moved AS m
