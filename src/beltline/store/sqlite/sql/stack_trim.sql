-- Forgets old requests. The table holds a few rows, so it needs no index for this.
DELETE FROM stacks WHERE namespace = :namespace AND asked_at < :before
