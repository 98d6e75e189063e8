-- Notes when keys were last used. Arrays of one length: $1 namespace, $2 id, $3 at.
UPDATE api_keys AS k
SET used_at = u.at
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS u (namespace, id, at)
WHERE k.namespace = u.namespace AND k.id = u.id AND (k.used_at IS NULL OR k.used_at < u.at)
