-- Returns the first queued jobs of each lane, each by one walk along `ready`. $1 namespace, $2 now, $3 limit of a lane;
-- arrays of one length: $4 queue, $5 needs.
SELECT f.order_key, f.id, a.needs, f.queued_at
FROM unnest($4::text[], $5::text[]) AS a (queue, needs)
CROSS JOIN LATERAL (
    SELECT j.order_key, j.id, j.queued_at
    FROM jobs AS j
    WHERE j.namespace = $1
        AND j.queue = a.queue
        AND j.needs = a.needs
        AND j.state = 'queued'
        AND (j.expires_at IS NULL OR j.expires_at > $2 OR j.runs > 0)
        AND (j.deadline_at IS NULL OR j.deadline_at > $2)
    ORDER BY j.order_key, j.id
    LIMIT $3
) AS f
ORDER BY f.order_key, f.id
