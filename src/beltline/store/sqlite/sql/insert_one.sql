-- Stores one job.
INSERT INTO jobs (
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, max_attempts, timeout_us, deadline_at, expires_at,
    correlation_id, traceparent, owner, actor, parent, root, idempotency_key, needs, backoff
)
VALUES (
    :namespace, :id, :definition, :version, :queue, :state, :reason, :priority, :order_key, :run_at, :payload,
    :payload_hash, :labels, :created_at, :queued_at, :max_attempts, :timeout_us, :deadline_at, :expires_at,
    :correlation_id, :traceparent, :owner, :actor,
    coalesce(:family_parent, :parent), coalesce(:family_root, :root), :idempotency_key, :needs, :backoff
)
