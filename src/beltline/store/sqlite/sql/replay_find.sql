-- The dead letters that may run again, as one row.
SELECT json_group_array(id) FROM dead
WHERE namespace = :namespace AND discarded_at IS NULL AND id IN (SELECT value FROM json_each(:ids))
