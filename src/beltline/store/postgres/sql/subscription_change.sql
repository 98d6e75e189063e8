-- Changes a subscription that is at its revision, and returns its id. $1 namespace, $2 now, $3 id, $4 url, $5 spec,
-- $6 secret, $7 old_secret, $8 old_until, $9 paused, $10 revision.
UPDATE subscriptions AS s
SET url = $4, spec = $5, secret = $6, old_secret = $7, old_until = $8, paused = $9, revision = s.revision + 1,
    changed_at = $2
WHERE s.namespace = $1 AND s.id = $3 AND s.revision = $10
RETURNING s.id
