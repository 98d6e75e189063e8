-- Remembers what was seen.
INSERT INTO trigger_objects (namespace, name, object, mark, since, fired)
SELECT
    :namespace, :name, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
    json_extract(value, '$[3]')
FROM json_each(:rows)
WHERE true
ON CONFLICT (namespace, name, object) DO UPDATE
SET mark = excluded.mark, since = excluded.since, fired = excluded.fired
