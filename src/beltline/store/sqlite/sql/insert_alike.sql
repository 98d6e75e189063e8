-- Stores a batch of jobs that differ in id and payload alone; what they share comes as scalars. One step for
-- the whole batch: a step gives the interpreter lock away and waits for it again. Payloads and hashes lie end
-- to end in :bytes, so that they stay exact and are not escaped. Measured: 5.6 us a row, executemany 10 us,
-- and with an event loop that never rests 0.7 ms a row by executemany.
INSERT INTO jobs (
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, max_attempts, timeout_us, deadline_at, expires_at,
    correlation_id, traceparent, owner, actor, parent, root, idempotency_key
)
SELECT
    :namespace, json_extract(value, '$[0]'), :definition, :version, :queue, :state, :reason,
    :priority, :order_key, :run_at,
    substr(:bytes, json_extract(value, '$[1]'), json_extract(value, '$[2]')),
    substr(:bytes, json_extract(value, '$[1]') + json_extract(value, '$[2]'), json_extract(value, '$[3]')),
    :labels, :created_at, :queued_at, :max_attempts, :timeout_us, :deadline_at, :expires_at,
    :correlation_id, :traceparent, :owner, :actor, :parent, :root, :idempotency_key
FROM json_each(:rows)
