-- Stores what jobs wait for. All edges of a part are stored at once.
INSERT INTO edges (namespace, dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at, alternatives)
SELECT
    :namespace, dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at,
    count(*) OVER (PARTITION BY dependent, part) > 1
FROM (
    SELECT
        json_extract(value, '$[0]') AS dependent, json_extract(value, '$[1]') AS part,
        json_extract(value, '$[2]') AS prerequisite, json_extract(value, '$[3]') AS condition,
        json_extract(value, '$[4]') AS otherwise, json_extract(value, '$[5]') AS delay_us,
        json_extract(value, '$[6]') AS unknown_at
    FROM json_each(:rows)
)
WHERE true
ON CONFLICT DO NOTHING
