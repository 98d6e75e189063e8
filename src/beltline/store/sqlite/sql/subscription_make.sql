-- Makes a subscription; where it exists nothing happens.
INSERT INTO subscriptions (
    namespace, id, url, spec, secret, old_secret, old_until, paused, revision, created_at, changed_at
)
VALUES (:namespace, :id, :url, :spec, :secret, :old_secret, :old_until, :paused, 1, :now, :now)
ON CONFLICT (namespace, id) DO NOTHING
