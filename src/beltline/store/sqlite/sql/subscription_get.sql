-- One subscription.
SELECT id, url, spec, secret, old_secret, old_until, paused, revision, created_at, changed_at
FROM subscriptions
WHERE namespace = :namespace AND id = :id
