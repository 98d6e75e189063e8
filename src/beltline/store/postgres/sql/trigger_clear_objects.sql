-- Forgets what a trigger that goes has seen. $1 namespace, $2 name.
DELETE FROM trigger_objects AS t WHERE t.namespace = $1 AND t.name = $2
