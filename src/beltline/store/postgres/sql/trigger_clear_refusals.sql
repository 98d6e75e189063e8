-- Forgets what a trigger that goes refused. $1 namespace, $2 name.
DELETE FROM trigger_refusals AS t WHERE t.namespace = $1 AND t.name = $2
