-- Says of parts of dependents whether the dependent waits on, and whether the part has alternatives left. $1 namespace;
-- arrays of one length: $2 dependent, $3 part.
SELECT
    i.dependent,
    i.part,
    EXISTS (SELECT FROM edges AS e WHERE e.namespace = $1 AND e.dependent = i.dependent),
    EXISTS (SELECT FROM edges AS e WHERE e.namespace = $1 AND e.dependent = i.dependent AND e.part = i.part)
FROM unnest($2::text[], $3::integer[]) AS i (dependent, part)
