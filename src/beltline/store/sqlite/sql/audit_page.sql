-- Entries after a cursor, oldest first.
SELECT seq, at, actor, action, target, reason, before, after, prev_hash, hash FROM audit
WHERE namespace = :namespace AND seq > :after
ORDER BY seq
LIMIT :limit
