-- Whether the session is open.
SELECT EXISTS (
    SELECT 1 FROM sessions
    WHERE namespace = :namespace AND id = :session AND closed_at IS NULL AND lost_at IS NULL
)
