-- Forgets what a trigger that goes held. $1 namespace, $2 name.
DELETE FROM trigger_events AS t WHERE t.namespace = $1 AND t.name = $2
