-- Returns the running jobs of a session, by the index `held`. $1 namespace, $2 session.
SELECT
    j.id, j.fence, j.definition, j.version, j.queue, ''::bytea AS payload, j.priority, j.runs, j.attempts_used, j.crashes,
    j.max_attempts, j.timeout_us, j.deadline_at, j.queued_at, j.started_at, j.labels, j.correlation_id, j.traceparent,
    j.idempotency_key, j.request, j.backoff
FROM jobs AS j
WHERE j.namespace = $1 AND j.session = $2 AND j.state = 'running'
ORDER BY j.id
