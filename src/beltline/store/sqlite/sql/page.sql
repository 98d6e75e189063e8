-- A page of jobs, newest first: three walks down the primary keys, merged; a table that cannot match is not
-- walked.
SELECT
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
    attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
    expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
    parent, root, idempotency_key, discarded_at
FROM jobs
WHERE :in_jobs
    AND namespace = :namespace
    AND (:before IS NULL OR id < :before)
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
    AND (:definition IS NULL OR definition = :definition)
    AND (:queue IS NULL OR queue = :queue)
    AND (:labels IS NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(:labels) AS wanted
        WHERE NOT EXISTS (
            SELECT 1 FROM json_each(jobs.labels) AS held
            WHERE held.key = wanted.key AND held.value = wanted.value
        )
    ))
UNION ALL
SELECT
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
    attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
    expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
    parent, root, idempotency_key, discarded_at
FROM dead
WHERE :in_dead
    AND namespace = :namespace
    AND (:before IS NULL OR id < :before)
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
    AND (:definition IS NULL OR definition = :definition)
    AND (:queue IS NULL OR queue = :queue)
    AND (:discarded OR discarded_at IS NULL)
    AND (:labels IS NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(:labels) AS wanted
        WHERE NOT EXISTS (
            SELECT 1 FROM json_each(dead.labels) AS held
            WHERE held.key = wanted.key AND held.value = wanted.value
        )
    ))
UNION ALL
SELECT
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
    attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
    expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
    parent, root, idempotency_key, discarded_at
FROM history
WHERE :in_history
    AND namespace = :namespace
    AND (:before IS NULL OR id < :before)
    AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
    AND (:definition IS NULL OR definition = :definition)
    AND (:queue IS NULL OR queue = :queue)
    AND (:labels IS NULL OR NOT EXISTS (
        SELECT 1 FROM json_each(:labels) AS wanted
        WHERE NOT EXISTS (
            SELECT 1 FROM json_each(history.labels) AS held
            WHERE held.key = wanted.key AND held.value = wanted.value
        )
    ))
ORDER BY id DESC
LIMIT :limit
