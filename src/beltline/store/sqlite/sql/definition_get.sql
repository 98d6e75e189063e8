-- The newest version of a definition.
SELECT name, version, queue, schema, policies, owner, runbook, applied_at
FROM definitions
WHERE namespace = :namespace AND name = :name
ORDER BY turn DESC
LIMIT 1
