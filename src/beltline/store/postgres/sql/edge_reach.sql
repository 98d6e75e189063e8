-- Returns the edges that lead from these jobs to all that they wait for, however far. $1 namespace, $2 ids.
WITH RECURSIVE reached (dependent, prerequisite) AS (
    SELECT e.dependent, e.prerequisite
    FROM edges AS e
    WHERE e.namespace = $1 AND e.dependent = ANY ($2::text[])
    UNION
    SELECT e.dependent, e.prerequisite
    FROM reached AS r
    JOIN edges AS e ON e.namespace = $1 AND e.dependent = r.prerequisite
)
SELECT r.dependent, r.prerequisite FROM reached AS r
