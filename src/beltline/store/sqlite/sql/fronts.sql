-- The first queued jobs that ask the same in one queue, as one row, by a walk along jobs_ready.
SELECT json_group_array(json_array(order_key, id, :needs, queued_at)) FROM (
    SELECT order_key, id, queued_at
    FROM jobs INDEXED BY jobs_ready
    WHERE namespace = :namespace AND queue = :queue AND needs = :needs AND state = 'queued'
        AND (expires_at IS NULL OR expires_at > :now OR runs > 0)
        AND (deadline_at IS NULL OR deadline_at > :now)
    ORDER BY order_key, id
    LIMIT :limit
)
