-- One more beat of an open session.
UPDATE sessions SET beats = beats + 1, beat_at = :now
WHERE namespace = :namespace AND id = :session AND closed_at IS NULL AND lost_at IS NULL
