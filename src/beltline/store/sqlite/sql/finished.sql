-- How jobs ended, as one row; results and errors lie end to end.
SELECT
    json_group_array(json_array(id, state, reason, length(result), length(error))),
    CAST(group_concat(coalesce(result, x'') || coalesce(error, x''), '') AS BLOB)
FROM (
    SELECT id, state, reason, result, error FROM history
    WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
    UNION ALL
    SELECT id, state, reason, result, error FROM dead
    WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
)
