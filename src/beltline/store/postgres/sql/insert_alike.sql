-- Stores jobs that are alike but for their id, payload and times: 105,000 rows a second in batches of 1,000 where
-- insert.sql, with an array for each column, does 63,000. COPY does 108,000 but cannot count the deltas with it.
-- $1 namespace; arrays of one length, $2 to $8; the columns that are equal, $9 to $26; then the
-- deltas to count, $27 minute, $28 definition, $29 queue, $30 count.
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
    traceparent, owner, actor, parent, root
)
SELECT
    $1, 0, 0, 0, 0,
    i.id, $9::text, $10::text, $11::text, $12::text, $13::text, i.payload, i.payload_hash, i.created_at,
    i.queued_at, i.run_at, i.order_key, $14::integer, $15::integer, $16::bigint, $17::bigint, $18::bigint,
    $19::text, $20::text, $21::text, $22::text, $23::text, $24::text, $25::text, $26::text
FROM unnest(
    $2::text[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[]
) AS i (id, payload, payload_hash, created_at, queued_at, run_at, order_key)
