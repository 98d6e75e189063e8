-- A page of jobs, newest first. All of jobs, dead and history are walked down their primary keys and merged, up to the
-- limit: a filter that few jobs match costs the walk. What runs, and what waits for something, is read alone, whole,
-- by an index of its own: a few jobs, while all of jobs may be a million queued ones. A part that cannot match is left
-- out. :in_jobs all of jobs, :in_held what runs, :in_later what is neither queued nor running, :in_dead, :in_history.
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
    AND (:before IS NULL OR id < :before)
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
UNION ALL
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
    AND (:before IS NULL OR id < :before)
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
UNION ALL
SELECT
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
    attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
    expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
    parent, root, idempotency_key, discarded_at, needs, ran_version, backoff
FROM jobs
WHERE :in_jobs
    AND namespace = :namespace
    AND (:before IS NULL OR id < :before)
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
UNION ALL
SELECT
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
    attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
    expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
    parent, root, idempotency_key, discarded_at, needs, ran_version, backoff
FROM dead
WHERE :in_dead
    AND namespace = :namespace
    AND (:before IS NULL OR id < :before)
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
UNION ALL
SELECT
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
    attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
    expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
    parent, root, idempotency_key, discarded_at, needs, ran_version, backoff
FROM history
WHERE :in_history
    AND namespace = :namespace
    AND (:before IS NULL OR id < :before)
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
ORDER BY id DESC
LIMIT :limit
