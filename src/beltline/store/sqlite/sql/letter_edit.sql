-- Replaces the payload of a dead letter, where it still has the fence.
UPDATE dead SET payload = :payload
WHERE namespace = :namespace AND id = :id AND fence = :fence AND discarded_at IS NULL
