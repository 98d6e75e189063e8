-- Forgets outcomes noted for a trigger that goes. $1 namespace, $2 name.
DELETE FROM trigger_outcomes AS t WHERE t.namespace = $1 AND t.name = $2
