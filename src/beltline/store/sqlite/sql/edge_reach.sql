-- The edges that lead from these jobs to all that they wait for, however far, as one row.
WITH RECURSIVE reached (dependent, prerequisite) AS (
    SELECT dependent, prerequisite FROM edges
    WHERE namespace = :namespace AND dependent IN (SELECT value FROM json_each(:ids))
    UNION
    SELECT e.dependent, e.prerequisite
    FROM reached AS r
    JOIN edges AS e ON e.namespace = :namespace AND e.dependent = r.prerequisite
)
SELECT json_group_array(json_array(dependent, prerequisite)) FROM reached
