-- Children from dead, by id.
SELECT
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
    attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
    expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
    parent, root, idempotency_key, discarded_at, needs, ran_version, backoff
FROM dead INDEXED BY dead_parent
WHERE namespace = :namespace AND parent IS NOT NULL AND parent IN (SELECT value FROM json_each(:parents))
    AND id > :after AND discarded_at IS NULL
ORDER BY id
LIMIT :limit
