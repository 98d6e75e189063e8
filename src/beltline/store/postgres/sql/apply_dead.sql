-- Moves failed or timed out jobs to dead; all else as in apply_history.sql.
WITH
found AS MATERIALIZED (
    SELECT i.*, p.place
    FROM unnest($2::text[], $3::bigint[], $7::bigint[], $8::bytea[], $9::bytea[], $10::integer[], $11::integer[])
        AS i (id, fence, at, result, error, attempts_used, crashes)
    CROSS JOIN LATERAL (
        SELECT l.ctid AS place
        FROM jobs AS l
        WHERE l.namespace = $1 AND l.id = i.id AND l.fence = i.fence AND l.state = $4::text
        FOR UPDATE
    ) AS p
),
gone AS (
    DELETE FROM jobs AS j USING found AS f WHERE j.ctid = f.place
),
moved AS (
    INSERT INTO dead (
        namespace, id, definition, version, queue, state, reason, priority, order_key, run_at,
        payload, payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
        attempts_used, crashes, max_attempts, session, request,
        paused_from, timeout_us, deadline_at, expires_at, result, error, progress,
        progress_note, correlation_id, traceparent, owner, actor, parent, root, idempotency_key,
        discarded_at, needs, ran_version, backoff
    )
    SELECT
        j.namespace, j.id, j.definition, j.version, j.queue, $5::text, $6::text, j.priority, j.order_key, j.run_at,
        j.payload, j.payload_hash, j.labels, j.created_at, j.queued_at, j.started_at, f.at, j.fence, j.runs,
        coalesce(f.attempts_used, $13), coalesce(f.crashes, $14), j.max_attempts, j.session, j.request,
        j.paused_from, j.timeout_us, j.deadline_at, j.expires_at, f.result, coalesce(f.error, $15), j.progress,
        j.progress_note, j.correlation_id, j.traceparent, j.owner, j.actor, j.parent, j.root, j.idempotency_key,
        NULL, j.needs, $16::text, j.backoff
    FROM found AS f
    JOIN jobs AS j ON j.ctid = f.place
    RETURNING id, definition, queue, queued_at, started_at, finished_at, idempotency_key, parent, fence, labels
),
counted AS (
    INSERT INTO deltas (namespace, minute, definition, queue, event, count, run_us, wait_us)
    SELECT
        $1,
        $12,
        m.definition,
        m.queue,
        $5::text,
        count(*),
        coalesce(sum(greatest(m.finished_at - m.started_at, 0)) FILTER (WHERE $4::text = 'running'), 0),
        coalesce(sum(greatest(m.started_at - m.queued_at, 0)) FILTER (WHERE $4::text = 'running'), 0)
    FROM moved AS m
    GROUP BY m.definition, m.queue
),
keyed AS (
    UPDATE idempotency AS k
    SET expires_at = m.finished_at + 86400000000
    FROM moved AS m
    WHERE m.idempotency_key IS NOT NULL
        AND k.namespace = $1
        AND k.definition = m.definition
        AND k.idempotency_key = m.idempotency_key
        AND k.job_id = m.id
),
awaited AS (
    INSERT INTO settled (namespace, job_id, state)
    SELECT $1, m.id, $5::text
    FROM moved AS m
    WHERE (SELECT EXISTS (SELECT FROM edges AS a WHERE a.namespace = $1))
        AND EXISTS (SELECT FROM edges AS e WHERE e.namespace = $1 AND e.prerequisite = m.id OFFSET 0)
    RETURNING 1
),
grown AS (
    INSERT INTO batch_deltas (namespace, parent, succeeded, failed, cancelled, flawed, run_us)
    SELECT
        $1,
        m.parent,
        count(*) FILTER (WHERE $5::text = 'succeeded'),
        count(*) FILTER (WHERE $5::text IN ('failed', 'timed_out')),
        count(*) FILTER (WHERE $5::text = 'cancelled'),
        count(*) FILTER (WHERE $6::text = 'with_failures'),
        coalesce(sum(greatest(m.finished_at - m.started_at, 0)) FILTER (WHERE $4::text = 'running'), 0)
    FROM moved AS m
    WHERE m.parent IS NOT NULL
    GROUP BY m.parent
    RETURNING 1
),
watched AS (
    INSERT INTO trigger_outcomes (namespace, name, job_id, fence, state)
    SELECT $1, w.name, m.id, m.fence, $5::text
    FROM moved AS m
    JOIN trigger_watches AS w ON w.definition IN ('', m.definition) AND (NOT w.roots OR m.parent IS NULL)
    WHERE (SELECT EXISTS (SELECT FROM trigger_watches AS a WHERE a.namespace = $1))
        AND w.namespace = $1
        AND strpos(w.states, $5::text) > 0
    RETURNING 1
),
ended AS (
    UPDATE batches AS b
    SET turn = b.turn + 1
    FROM moved AS m
    WHERE (SELECT EXISTS (SELECT FROM batches AS a WHERE a.namespace = $1))
        AND b.namespace = $1
        AND b.job_id = m.id
    RETURNING 1
),
told AS (
    INSERT INTO outcomes (namespace, job_id, fence, definition, queue, state, reason, labels, finished_at)
    SELECT $1, m.id, m.fence, m.definition, m.queue, $5::text, $6::text, m.labels, m.finished_at
    FROM moved AS m
    WHERE (SELECT EXISTS (SELECT FROM subscriptions AS a WHERE a.namespace = $1))
)
SELECT
    CASE WHEN count(*) < cardinality($2) THEN coalesce(array_agg(m.id), '{}') END,
    EXISTS (SELECT FROM awaited) OR EXISTS (SELECT FROM grown) OR EXISTS (SELECT FROM ended)
        OR EXISTS (SELECT FROM watched)
FROM moved AS m
