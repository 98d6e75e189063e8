-- Copies dead letters back to the queued jobs; replay_leave removes them from the dead.
INSERT INTO jobs (
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
    attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
    expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
    parent, root, idempotency_key, discarded_at, needs, backoff
)
SELECT
    namespace, id, definition, version, queue, CASE WHEN :waiting THEN 'waiting' ELSE 'queued' END, 'replayed', priority,
    :now - priority * :head_start, :now, payload, payload_hash, labels, created_at, :now,
    started_at, NULL, fence + 1, runs, 0, 0, max_attempts, NULL, NULL, NULL, timeout_us,
    NULL, NULL, NULL, NULL, NULL, NULL, correlation_id, traceparent, owner, actor,
    parent, root, idempotency_key, NULL, needs, backoff
FROM dead
WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
