-- The newest actions, newest first.
SELECT id, verb, filter, actor, reason, created_at, due_at, state, changed FROM bulk_actions WHERE namespace = :namespace ORDER BY id DESC LIMIT :limit
