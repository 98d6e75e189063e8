-- Whether dependents wait on, and whether parts have alternatives left, as one row.
SELECT json_group_array(json_array(
    json_extract(value, '$[0]'),
    json_extract(value, '$[1]'),
    EXISTS (SELECT 1 FROM edges WHERE namespace = :namespace AND dependent = json_extract(value, '$[0]')),
    EXISTS (
        SELECT 1 FROM edges
        WHERE namespace = :namespace AND dependent = json_extract(value, '$[0]')
            AND part = json_extract(value, '$[1]')
    )
))
FROM json_each(:rows)
