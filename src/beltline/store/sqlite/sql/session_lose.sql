-- Marks a session as lost where it has not beaten since.
UPDATE sessions SET lost_at = :now
WHERE namespace = :namespace AND id = :session AND beats = :beats AND closed_at IS NULL AND lost_at IS NULL
