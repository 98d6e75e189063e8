-- The front of one queue, of the jobs that ask nothing of their worker, read from jobs_ready without a look at any other job; what was due to end is passed
-- over. One row for the whole batch, payloads end to end: fetching 500 rows waits for the interpreter lock
-- 500 times. The columns are named inside: for a star SQLite reads all 40 of each row.
SELECT
    json_group_array(id),
    json_group_array(order_key),
    json_group_array(json_array(
        id, fence + 1, definition, version, queue, length(payload), priority, runs + 1, attempts_used,
        crashes, max_attempts, timeout_us, deadline_at, queued_at, :now, labels, correlation_id,
        traceparent, idempotency_key, NULL, backoff
    )),
    CAST(group_concat(payload, '') AS BLOB)
FROM (
    SELECT
        id, order_key, fence, definition, version, queue, payload, priority, runs, attempts_used, crashes,
        max_attempts, timeout_us, deadline_at, queued_at, labels, correlation_id, traceparent, idempotency_key,
        backoff
    FROM jobs INDEXED BY jobs_ready
    WHERE namespace = :namespace AND queue = :queue AND needs = '' AND state = 'queued'
        AND (expires_at IS NULL OR expires_at > :now OR runs > 0)
        AND (deadline_at IS NULL OR deadline_at > :now)
    ORDER BY order_key, id
    LIMIT :limit
)
