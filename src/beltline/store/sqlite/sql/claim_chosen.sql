-- Those of some jobs, chosen before, that are still queued, found by their primary key; as claim_front gives them.
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
    FROM jobs
    WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids)) AND state = 'queued'
        AND (expires_at IS NULL OR expires_at > :now OR runs > 0)
        AND (deadline_at IS NULL OR deadline_at > :now)
        AND NOT EXISTS (SELECT 1 FROM queues WHERE namespace = :namespace AND name = jobs.queue AND paused)
    ORDER BY order_key, id
    LIMIT :limit
)
