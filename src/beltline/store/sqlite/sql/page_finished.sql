-- A page of final jobs, the last that finished first. Dead and history are each walked down their index by time, which
-- holds the primary key too, up to the limit, and merged: a filter that few jobs match costs the walk.
SELECT * FROM (
    SELECT
        namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
        payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
        attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
        expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
        parent, root, idempotency_key, discarded_at, needs, ran_version, backoff
    FROM dead INDEXED BY dead_finished
    WHERE :in_dead
        AND namespace = :namespace
        AND finished_at <= :at
        AND (finished_at < :at OR id < :before)
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
    ORDER BY finished_at DESC, id DESC
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
    FROM history INDEXED BY history_finished
    WHERE :in_history
        AND namespace = :namespace
        AND finished_at <= :at
        AND (finished_at < :at OR id < :before)
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
    ORDER BY finished_at DESC, id DESC
    LIMIT :limit
)
ORDER BY finished_at DESC, id DESC
LIMIT :limit
