-- The oldest events that a trigger holds.
SELECT id, payload, hops, at, event_key
FROM trigger_events
WHERE namespace = :namespace AND name = :name AND done_at IS NULL
ORDER BY id
LIMIT :limit
