-- The subscriptions of a namespace, oldest first: ids are ordered by time. $1 namespace.
SELECT id, url, spec, secret, old_secret, old_until, paused, revision, created_at, changed_at
FROM subscriptions
WHERE namespace = $1
ORDER BY id
