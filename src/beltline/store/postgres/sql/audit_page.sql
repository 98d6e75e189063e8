-- $1 namespace, $2 after, $3 limit.
SELECT a.seq, a.at, a.actor, a.action, a.target, a.reason, a.before, a.after, a.prev_hash, a.hash
FROM audit AS a
WHERE a.namespace = $1 AND a.seq > $2
ORDER BY a.seq
LIMIT $3
