-- Returns the queues that hold unfinished jobs or have a setting. Reads all unfinished jobs. $1 namespace.
SELECT
    n.name,
    coalesce(bool_or(n.paused), false),
    coalesce(sum(n.queued), 0)::bigint,
    coalesce(sum(n.running), 0)::bigint,
    min(n.oldest)
FROM (
    SELECT
        j.queue AS name,
        NULL::boolean AS paused,
        count(*) FILTER (WHERE j.state = 'queued') AS queued,
        count(*) FILTER (WHERE j.state = 'running') AS running,
        min(j.queued_at) FILTER (WHERE j.state = 'queued') AS oldest
    FROM jobs AS j
    WHERE j.namespace = $1
    GROUP BY j.queue
    UNION ALL
    SELECT q.name, q.paused, NULL, NULL, NULL FROM queues AS q WHERE q.namespace = $1
) AS n
GROUP BY n.name
ORDER BY n.name
