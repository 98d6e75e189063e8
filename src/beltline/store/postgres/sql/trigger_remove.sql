-- Removes a trigger that is at its revision, and returns its name. $1 namespace, $2 name, $3 revision.
DELETE FROM triggers AS t WHERE t.namespace = $1 AND t.name = $2 AND t.revision = $3 RETURNING t.name
