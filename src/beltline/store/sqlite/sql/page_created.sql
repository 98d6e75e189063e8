-- A page of jobs, the last that was created first. Dead and history are each walked down their index by time, which holds
-- the primary key too, up to the limit, and merged: a filter that few jobs match costs the walk. What has not ended is
-- read whole and sorted: an index by time would be paid by each submit. The parts are those of page.sql.
SELECT * FROM (
    SELECT
        namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
        payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
        attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
        expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
        parent, root, idempotency_key, discarded_at, needs, ran_version, backoff
    FROM jobs INDEXED BY jobs_held
    WHERE :in_held
        AND namespace = :namespace
        AND state = 'running'
        AND created_at <= :at
        AND (created_at < :at OR id < :before)
        AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
        AND (:definition IS NULL OR definition = :definition)
        AND (:queue IS NULL OR queue = :queue)
        AND (:owner IS NULL OR owner = :owner)
        AND (:since IS NULL OR created_at >= :since)
        AND (:until IS NULL OR created_at < :until)
        AND (:error IS NULL OR instr(error, :error) > 0)
        AND (:labels IS NULL OR NOT EXISTS (
            SELECT 1 FROM json_each(:labels) AS wanted
            WHERE NOT EXISTS (
                SELECT 1 FROM json_each(jobs.labels) AS held
                WHERE held.key = wanted.key AND held.value = wanted.value
            )
        ))
    ORDER BY created_at DESC, id DESC
    LIMIT :limit
)
UNION ALL
SELECT * FROM (
    SELECT
        namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
        payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
        attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
        expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
        parent, root, idempotency_key, discarded_at, needs, ran_version, backoff
    FROM jobs INDEXED BY jobs_later
    WHERE :in_later
        AND namespace = :namespace
        AND state <> 'queued' AND state <> 'running'
        AND created_at <= :at
        AND (created_at < :at OR id < :before)
        AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
        AND (:definition IS NULL OR definition = :definition)
        AND (:queue IS NULL OR queue = :queue)
        AND (:owner IS NULL OR owner = :owner)
        AND (:since IS NULL OR created_at >= :since)
        AND (:until IS NULL OR created_at < :until)
        AND (:error IS NULL OR instr(error, :error) > 0)
        AND (:labels IS NULL OR NOT EXISTS (
            SELECT 1 FROM json_each(:labels) AS wanted
            WHERE NOT EXISTS (
                SELECT 1 FROM json_each(jobs.labels) AS held
                WHERE held.key = wanted.key AND held.value = wanted.value
            )
        ))
    ORDER BY created_at DESC, id DESC
    LIMIT :limit
)
UNION ALL
SELECT * FROM (
    SELECT
        namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
        payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
        attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
        expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
        parent, root, idempotency_key, discarded_at, needs, ran_version, backoff
    FROM jobs
    WHERE :in_jobs
        AND namespace = :namespace
        AND created_at <= :at
        AND (created_at < :at OR id < :before)
        AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
        AND (:definition IS NULL OR definition = :definition)
        AND (:queue IS NULL OR queue = :queue)
        AND (:owner IS NULL OR owner = :owner)
        AND (:since IS NULL OR created_at >= :since)
        AND (:until IS NULL OR created_at < :until)
        AND (:error IS NULL OR instr(error, :error) > 0)
        AND (:labels IS NULL OR NOT EXISTS (
            SELECT 1 FROM json_each(:labels) AS wanted
            WHERE NOT EXISTS (
                SELECT 1 FROM json_each(jobs.labels) AS held
                WHERE held.key = wanted.key AND held.value = wanted.value
            )
        ))
    ORDER BY created_at DESC, id DESC
    LIMIT :limit
)
UNION ALL
SELECT * FROM (
    SELECT
        namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
        payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
        attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
        expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
        parent, root, idempotency_key, discarded_at, needs, ran_version, backoff
    FROM dead INDEXED BY dead_created
    WHERE :in_dead
        AND namespace = :namespace
        AND created_at <= :at
        AND (created_at < :at OR id < :before)
        AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
        AND (:definition IS NULL OR definition = :definition)
        AND (:queue IS NULL OR queue = :queue)
        AND (:owner IS NULL OR owner = :owner)
        AND (:since IS NULL OR created_at >= :since)
        AND (:until IS NULL OR created_at < :until)
        AND (:error IS NULL OR instr(error, :error) > 0)
        AND (:discarded OR discarded_at IS NULL)
        AND (:labels IS NULL OR NOT EXISTS (
            SELECT 1 FROM json_each(:labels) AS wanted
            WHERE NOT EXISTS (
                SELECT 1 FROM json_each(dead.labels) AS held
                WHERE held.key = wanted.key AND held.value = wanted.value
            )
        ))
    ORDER BY created_at DESC, id DESC
    LIMIT :limit
)
UNION ALL
SELECT * FROM (
    SELECT
        namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
        payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
        attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
        expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
        parent, root, idempotency_key, discarded_at, needs, ran_version, backoff
    FROM history INDEXED BY history_created
    WHERE :in_history
        AND namespace = :namespace
        AND created_at <= :at
        AND (created_at < :at OR id < :before)
        AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
        AND (:definition IS NULL OR definition = :definition)
        AND (:queue IS NULL OR queue = :queue)
        AND (:owner IS NULL OR owner = :owner)
        AND (:since IS NULL OR created_at >= :since)
        AND (:until IS NULL OR created_at < :until)
        AND (:error IS NULL OR instr(error, :error) > 0)
        AND (:labels IS NULL OR NOT EXISTS (
            SELECT 1 FROM json_each(:labels) AS wanted
            WHERE NOT EXISTS (
                SELECT 1 FROM json_each(history.labels) AS held
                WHERE held.key = wanted.key AND held.value = wanted.value
            )
        ))
    ORDER BY created_at DESC, id DESC
    LIMIT :limit
)
ORDER BY created_at DESC, id DESC
LIMIT :limit
