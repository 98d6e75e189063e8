-- Marks dead letters as discarded.
UPDATE dead SET discarded_at = :now
WHERE namespace = :namespace AND discarded_at IS NULL AND id IN (SELECT value FROM json_each(:ids))
RETURNING id
