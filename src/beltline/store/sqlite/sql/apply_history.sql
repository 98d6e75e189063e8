-- Copies the jobs that finish into history, with how they ended; apply_leave removes them.
INSERT INTO history (
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
    attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
    expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
    parent, root, idempotency_key, discarded_at
)
SELECT
    j.namespace, j.id, j.definition, j.version, j.queue, m.state, m.reason, j.priority,
    j.order_key, j.run_at, j.payload, j.payload_hash, j.labels, j.created_at, j.queued_at,
    j.started_at, m.at, j.fence, j.runs, m.attempts_used, m.crashes, j.max_attempts, j.session,
    j.request, j.paused_from, j.timeout_us, j.deadline_at, j.expires_at, m.result, m.error,
    j.progress, j.progress_note, j.correlation_id, j.traceparent, j.owner, j.actor, j.parent,
    j.root, j.idempotency_key, j.discarded_at
FROM moving AS m
CROSS JOIN jobs AS j ON j.namespace = :namespace AND j.id = m.id
WHERE m.state IN ('succeeded', 'cancelled')
