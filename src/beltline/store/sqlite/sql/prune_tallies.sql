-- Removes old minutes of the roll-up.
DELETE FROM rollups
WHERE (namespace, minute, definition, queue, event) IN (
    SELECT namespace, minute, definition, queue, event FROM rollups
    WHERE namespace = :namespace AND minute < :before
    ORDER BY minute
    LIMIT :limit
)
