-- Removes a subscription that is at its revision, and returns its id. $1 namespace, $2 id, $3 revision.
DELETE FROM subscriptions AS s WHERE s.namespace = $1 AND s.id = $2 AND s.revision = $3 RETURNING s.id
