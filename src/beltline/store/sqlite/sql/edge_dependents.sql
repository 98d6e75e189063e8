-- The jobs that wait for these, how many they are, and the last of them.
SELECT json_group_array(dependent), count(*), max(dependent)
FROM (
    SELECT DISTINCT e.dependent
    FROM json_each(:ids) AS i
    CROSS JOIN edges AS e ON e.namespace = :namespace AND e.prerequisite = i.value
)
