-- Forgets what became of the events of a trigger that goes. $1 namespace, $2 name.
DELETE FROM trigger_counts AS t WHERE t.namespace = $1 AND t.name = $2
