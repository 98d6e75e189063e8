-- The fronts of several queues merged: a recursive query with an order is a priority queue, each job taken
-- from it puts in the next one of its queue. It reads the jobs taken and one more of each queue. To ask for the pair
-- (order_key, id) behind another walks over all jobs with that key, a thousand where they were submitted at once.
WITH RECURSIVE merged (order_key, id, queue) AS (
    SELECT j.order_key, j.id, j.queue
    FROM json_each(:queues) AS q
    CROSS JOIN jobs AS j ON j.namespace = :namespace AND j.id = (
        SELECT id FROM jobs INDEXED BY jobs_ready
        WHERE namespace = :namespace AND queue = q.value AND needs = '' AND state = 'queued'
            AND (expires_at IS NULL OR expires_at > :now OR runs > 0)
            AND (deadline_at IS NULL OR deadline_at > :now)
        ORDER BY order_key, id
        LIMIT 1
    )
    UNION ALL
    SELECT j.order_key, j.id, j.queue
    FROM merged AS m
    CROSS JOIN jobs AS j ON j.namespace = :namespace AND j.id = coalesce(
        (
            SELECT id FROM jobs INDEXED BY jobs_ready
            WHERE namespace = :namespace AND queue = m.queue AND needs = '' AND state = 'queued'
                AND (expires_at IS NULL OR expires_at > :now OR runs > 0)
                AND (deadline_at IS NULL OR deadline_at > :now)
                AND order_key = m.order_key AND id > m.id
            ORDER BY id
            LIMIT 1
        ),
        (
            SELECT id FROM jobs INDEXED BY jobs_ready
            WHERE namespace = :namespace AND queue = m.queue AND needs = '' AND state = 'queued'
                AND (expires_at IS NULL OR expires_at > :now OR runs > 0)
                AND (deadline_at IS NULL OR deadline_at > :now)
                AND order_key > m.order_key
            ORDER BY order_key, id
            LIMIT 1
        )
    )
    ORDER BY 1, 2
    LIMIT :limit
)
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
        j.id, j.order_key, j.fence, j.definition, j.version, j.queue, j.payload, j.priority, j.runs,
        j.attempts_used, j.crashes, j.max_attempts, j.timeout_us, j.deadline_at, j.queued_at, j.labels,
        j.correlation_id, j.traceparent, j.idempotency_key, j.backoff
    FROM merged AS m CROSS JOIN jobs AS j ON j.namespace = :namespace AND j.id = m.id
)
