-- Changes jobs that stay unfinished, each guarded by (id, fence, from_state, request), and keeps the attempt that ended.
-- Returns the ids changed, or null where all were. $1 namespace; arrays of one length: $2 id, $3 fence, $4 from_state,
-- $5 state, $6 reason, $7 at, $8 error, $9 run_at, $10 queued_at, $11 order_key, $12 attempts_used, $13 crashes,
-- $14 request, $15 paused_from, $16 result, $18 ran_version; $17 minute. The look-up by primary key is forced as in apply_history.sql; the facts of the
-- attempt are read there, before the update clears them: an equal fence means an equal attempt.
WITH
changed AS (
    UPDATE jobs AS j
    SET state = f.new_state,
        reason = f.new_reason,
        session = NULL,
        request = NULL,
        run_at = f.new_run_at,
        queued_at = f.new_queued_at,
        order_key = f.new_order_key,
        attempts_used = f.new_attempts,
        crashes = f.new_crashes,
        result = f.new_result,
        error = f.new_error,
        paused_from = f.new_paused_from
    FROM (
        SELECT i.*, p.place, p.old_session, p.old_queued_at
        FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bytea[], $9::bigint[],
            $10::bigint[], $11::bigint[], $12::integer[], $13::integer[], $14::text[], $15::text[],
            $16::bytea[], $18::text[])
            AS i (id, fence, from_state, new_state, new_reason, at, new_error, new_run_at, new_queued_at, new_order_key,
                new_attempts, new_crashes, request, new_paused_from, new_result, ran_version)
        CROSS JOIN LATERAL (
            SELECT l.ctid AS place, l.session AS old_session, l.queued_at AS old_queued_at
            FROM jobs AS l
            WHERE l.namespace = $1 AND l.id = i.id
            OFFSET 0
        ) AS p
    ) AS f
    WHERE j.ctid = f.place
        AND j.fence = f.fence
        AND j.state = f.from_state
        AND j.request IS NOT DISTINCT FROM f.request
    RETURNING
        j.id, j.definition, j.queue, j.state, j.reason, j.runs, j.started_at, j.error, f.from_state, f.at, f.old_session,
        f.old_queued_at, f.ran_version
),
ended AS (
    INSERT INTO attempts (namespace, job_id, run, session, started_at, finished_at, outcome, error, version)
    SELECT $1, c.id, c.runs, c.old_session, c.started_at, c.at, c.reason, c.error, c.ran_version
    FROM changed AS c
    WHERE c.from_state = 'running'
),
counted AS (
    INSERT INTO deltas (namespace, minute, definition, queue, event, count, run_us, wait_us)
    SELECT
        $1,
        $17,
        c.definition,
        c.queue,
        c.state,
        count(*),
        coalesce(sum(greatest(c.at - c.started_at, 0)), 0),
        coalesce(sum(greatest(c.started_at - c.old_queued_at, 0)), 0)
    FROM changed AS c
    WHERE c.from_state = 'running'
    GROUP BY c.definition, c.queue, c.state
)
SELECT CASE WHEN count(*) < cardinality($2) THEN coalesce(array_agg(c.id), '{}') END, false FROM changed AS c
