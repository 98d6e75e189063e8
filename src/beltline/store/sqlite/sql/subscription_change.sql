-- Changes a subscription that is at its revision.
UPDATE subscriptions
SET url = :url, spec = :spec, secret = :secret, old_secret = :old_secret, old_until = :old_until, paused = :paused,
    revision = revision + 1, changed_at = :now
WHERE namespace = :namespace AND id = :id AND revision = :revision
