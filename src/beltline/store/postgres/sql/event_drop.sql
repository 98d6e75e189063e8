-- Events without a key that were used: nothing is equal to them. $1 namespace, $2 ids.
DELETE FROM trigger_events AS e
WHERE e.namespace = $1 AND e.event_key IS NULL AND e.id = ANY ($2::bigint[])
