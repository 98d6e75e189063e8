-- Stores a batch of jobs that differ in id and payload alone; what they share comes as scalars.
-- One step for the whole batch: a step gives the interpreter lock away and waits for it again. Payloads lie end
-- to end, and where in columns of fixed width: exact, and nothing is escaped. Measured: 3 us a row, executemany
-- 10 us; beside an event loop that never rests executemany takes 1,500 us.
INSERT INTO jobs (
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, max_attempts, timeout_us, deadline_at, expires_at,
    correlation_id, traceparent, owner, actor, parent, root, idempotency_key, needs, backoff
)
SELECT
    :namespace, value, :definition, :version, :queue, :state, :reason,
    :priority, :order_key, :run_at,
    substr(
        :payloads,
        CAST(substr(:places, key * 24 + 1, 12) AS INTEGER),
        CAST(substr(:places, key * 24 + 13, 12) AS INTEGER)
    ),
    substr(:hashes, key * :hash_size + 1, :hash_size),
    :labels, :created_at, :queued_at, :max_attempts, :timeout_us, :deadline_at, :expires_at,
    :correlation_id, :traceparent, :owner, :actor,
    coalesce(:family_parent, :parent), coalesce(:family_root, :root), :idempotency_key, :needs, :backoff
FROM json_each(:ids)
