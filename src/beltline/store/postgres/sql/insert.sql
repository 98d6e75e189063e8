-- Stores jobs. $1 namespace; arrays of one length, $2 to $26, in the order of the column list; $31 needs as an
-- array, or null and $32 for all; $33 and $34 backoff, likewise; the deltas to count, $27 minute, $28 definition, $29 queue, $30 count.
WITH
counted AS (
    INSERT INTO deltas (namespace, minute, definition, queue, event, count, run_us, wait_us)
    SELECT $1, d.minute, d.definition, d.queue, 'submitted', d.count, 0, 0
    FROM unnest($27::bigint[], $28::text[], $29::text[], $30::bigint[]) AS d (minute, definition, queue, count)
)
INSERT INTO jobs (
    namespace, fence, runs, attempts_used, crashes,
    id, definition, version, queue, state, reason, payload, payload_hash, created_at, queued_at, run_at, order_key,
    priority, max_attempts, timeout_us, deadline_at, expires_at, idempotency_key, labels, correlation_id,
    traceparent, owner, actor, parent, root, needs, backoff
)
SELECT
    $1, 0, 0, 0, 0,
    i.id, i.definition, i.version, i.queue, i.state, i.reason, i.payload, i.payload_hash, i.created_at, i.queued_at,
    i.run_at, i.order_key, i.priority, i.max_attempts, i.timeout_us, i.deadline_at, i.expires_at, i.idempotency_key,
    i.labels, i.correlation_id, i.traceparent, i.owner, i.actor, i.parent, i.root, coalesce(i.needs, $32::text),
    coalesce(i.backoff, $34::text)
FROM unnest(
    $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::bytea[],
    $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::integer[], $15::integer[], $16::bigint[],
    $17::bigint[], $18::bigint[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[], $24::text[],
    $25::text[], $26::text[], $31::text[], $33::text[]
) AS i (
    id, definition, version, queue, state, reason, payload, payload_hash, created_at, queued_at, run_at, order_key,
    priority, max_attempts, timeout_us, deadline_at, expires_at, idempotency_key, labels, correlation_id,
    traceparent, owner, actor, parent, root, needs, backoff
)
