-- Makes a subscription and returns its id; where it exists nothing happens. $1 namespace, $2 now, $3 id, $4 url,
-- $5 spec, $6 secret, $7 old_secret, $8 old_until, $9 paused.
INSERT INTO subscriptions (
    namespace, created_at, changed_at, id, url, spec, secret, old_secret, old_until, paused, revision
)
VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, 1)
ON CONFLICT (namespace, id) DO NOTHING
RETURNING id
