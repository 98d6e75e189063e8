-- Jobs past their deadline, or past their expiry without a run, from the two indexes of those that have one.
SELECT
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
    attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
    expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
    parent, root, idempotency_key, discarded_at, needs, ran_version, backoff
FROM jobs INDEXED BY jobs_deadline
WHERE namespace = :namespace AND deadline_at IS NOT NULL AND deadline_at <= :now AND state <> 'running'
UNION ALL
SELECT
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
    attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
    expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
    parent, root, idempotency_key, discarded_at, needs, ran_version, backoff
FROM jobs INDEXED BY jobs_expiry
WHERE namespace = :namespace AND expires_at IS NOT NULL AND expires_at <= :now AND runs = 0
    AND state <> 'running' AND (deadline_at IS NULL OR deadline_at > :now)
LIMIT :limit
