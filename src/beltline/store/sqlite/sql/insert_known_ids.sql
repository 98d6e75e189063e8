-- The chosen ids of a batch that exist, wherever the job lies now.
SELECT json_group_array(json_array(id, definition, hex(payload_hash)))
FROM (
    SELECT id, definition, payload_hash FROM jobs
    WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
    UNION ALL
    SELECT id, definition, payload_hash FROM dead
    WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
    UNION ALL
    SELECT id, definition, payload_hash FROM history
    WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
)
