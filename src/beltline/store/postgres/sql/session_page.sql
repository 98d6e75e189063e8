-- Returns sessions, newest first: the open ones and those that still hold jobs, or all. $1 namespace, $2 all, $3 limit.
SELECT
    s.id, s.name, s.host, s.pid, s.lease_us, s.concurrency, s.opened_at, s.beat_at, s.beats, s.closed_at, s.lost_at,
    s.queues, s.definitions, s.versions, s.offer, s.process
FROM sessions AS s
WHERE s.namespace = $1
    AND (
        $2::boolean
        OR (s.closed_at IS NULL AND s.lost_at IS NULL)
        OR EXISTS (SELECT FROM jobs AS j WHERE j.namespace = $1 AND j.session = s.id AND j.state = 'running')
    )
ORDER BY s.opened_at DESC, s.id DESC
LIMIT $3
