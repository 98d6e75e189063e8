-- The states of those of the jobs that exist, as one row.
SELECT json_group_array(json_array(id, state))
FROM (
    SELECT id, state FROM jobs WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
    UNION ALL
    SELECT id, state FROM dead WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
    UNION ALL
    SELECT id, state FROM history WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
)
