-- The subscriptions of a namespace, oldest first: ids are ordered by time.
SELECT id, url, spec, secret, old_secret, old_until, paused, revision, created_at, changed_at
FROM subscriptions
WHERE namespace = :namespace
ORDER BY id
