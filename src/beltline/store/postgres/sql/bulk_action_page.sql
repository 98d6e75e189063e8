-- The newest actions, newest first. $1 namespace, $2 limit.
SELECT a.id, a.verb, a.filter, a.actor, a.reason, a.created_at, a.due_at, a.state, a.changed
FROM bulk_actions AS a
WHERE a.namespace = $1
ORDER BY a.id DESC
LIMIT $2
