-- What became of a trigger's events, and how many wait. $1 namespace, $2 name.
SELECT c.outcome, c.events, c.last_at, c.last_job, c.note
FROM trigger_counts AS c
WHERE c.namespace = $1 AND c.name = $2
UNION ALL
SELECT 'waiting', count(*), coalesce(min(e.at), 0), NULL, ''
FROM trigger_events AS e
WHERE e.namespace = $1 AND e.name = $2 AND e.done_at IS NULL
ORDER BY 1
