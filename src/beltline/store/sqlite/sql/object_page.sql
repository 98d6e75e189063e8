-- What was seen after a name, by name.
SELECT object, mark, since, fired
FROM trigger_objects
WHERE namespace = :namespace AND name = :name AND object > :after AND (:until IS NULL OR object <= :until)
ORDER BY object
LIMIT :limit
