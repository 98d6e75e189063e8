-- Which of these dependents are not queued: they wait on, or are to be decided one by one.
SELECT json_group_array(e.value)
FROM json_each(:ids) AS e
WHERE NOT EXISTS (
    SELECT 1 FROM jobs WHERE namespace = :namespace AND id = e.value AND state = 'queued' AND queued_at = :now
)
