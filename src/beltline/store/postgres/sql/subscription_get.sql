-- One subscription. $1 namespace, $2 id.
SELECT id, url, spec, secret, old_secret, old_until, paused, revision, created_at, changed_at
FROM subscriptions
WHERE namespace = $1 AND id = $2
