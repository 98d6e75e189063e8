-- From now on settlements note nothing for this trigger. $1 namespace, $2 name.
DELETE FROM trigger_watches AS t WHERE t.namespace = $1 AND t.name = $2
