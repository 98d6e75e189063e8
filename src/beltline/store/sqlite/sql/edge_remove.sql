-- Removes edges whose prerequisites have ended: one that is met goes with its alternatives.
DELETE FROM edges
WHERE (namespace, dependent, part, prerequisite) IN (
    SELECT e.namespace, e.dependent, e.part, e.prerequisite
    FROM json_each(:rows) AS r
    CROSS JOIN edges AS e
        ON e.namespace = :namespace AND e.dependent = json_extract(r.value, '$[0]')
        AND e.part = json_extract(r.value, '$[1]')
    WHERE json_extract(r.value, '$[3]') OR e.prerequisite = json_extract(r.value, '$[2]')
)
