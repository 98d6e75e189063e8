-- Replaces the payload of a dead letter, where it still has the fence; returns its id. $1 namespace, $2 id, $3 fence,
-- $4 payload.
UPDATE dead SET payload = $4 WHERE namespace = $1 AND id = $2 AND fence = $3 AND discarded_at IS NULL RETURNING id
