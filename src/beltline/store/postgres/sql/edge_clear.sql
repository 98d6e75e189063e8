-- Removes all that these jobs wait for. $1 namespace, $2 dependents.
DELETE FROM edges AS e WHERE e.namespace = $1 AND e.dependent = ANY ($2::text[])
