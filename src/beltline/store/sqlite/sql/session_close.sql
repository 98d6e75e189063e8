-- Marks a session as closed.
UPDATE sessions SET closed_at = :now
WHERE namespace = :namespace AND id = :session AND closed_at IS NULL AND lost_at IS NULL
