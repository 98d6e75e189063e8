-- Those of the jobs that are final, as one JSON text: only these are removed.
SELECT coalesce(json_group_array(id), '[]') FROM (
    SELECT id FROM dead WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
    UNION ALL
    SELECT id FROM history WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
)
