-- Stores what jobs wait for.
INSERT INTO edges (namespace, dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at)
SELECT
    :namespace, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
    json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
    json_extract(value, '$[6]')
FROM json_each(:rows)
WHERE true
ON CONFLICT DO NOTHING
