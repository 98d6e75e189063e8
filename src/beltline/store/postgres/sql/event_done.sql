-- Events were used: they stay so that equal ones are known. $1 namespace, $2 now, $3 ids.
UPDATE trigger_events AS e
SET done_at = $2, payload = ''
WHERE e.namespace = $1 AND e.id = ANY ($3::bigint[])
