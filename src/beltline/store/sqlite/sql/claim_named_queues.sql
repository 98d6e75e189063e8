-- Whether the session is open, and those of the queues asked for that are not paused.
SELECT
    EXISTS (
        SELECT 1 FROM sessions
        WHERE namespace = :namespace AND id = :session AND closed_at IS NULL AND lost_at IS NULL
    ),
    (
        SELECT json_group_array(value) FROM json_each(:queues)
        WHERE NOT EXISTS (SELECT 1 FROM queues WHERE namespace = :namespace AND name = value AND paused)
    )
