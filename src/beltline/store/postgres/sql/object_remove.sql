-- Forgets objects that are gone. $1 namespace, $2 name, $3 objects.
DELETE FROM trigger_objects AS o WHERE o.namespace = $1 AND o.name = $2 AND o.object = ANY ($3::text[])
