-- The jobs that a session holds, as one row.
SELECT json_group_array(json_array(
    id, fence, definition, version, queue, '', priority, runs, attempts_used, crashes, max_attempts,
    timeout_us, deadline_at, queued_at, started_at, labels, correlation_id, traceparent,
    idempotency_key, request, backoff
))
FROM jobs INDEXED BY jobs_held
WHERE namespace = :namespace AND session = :session AND state = 'running'
