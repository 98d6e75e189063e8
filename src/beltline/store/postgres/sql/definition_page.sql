-- Returns the newest version of each definition. $1 namespace.
SELECT d.name, d.version, d.queue, d.schema, d.policies, d.owner, d.runbook, d.applied_at
FROM definitions AS d
WHERE d.namespace = $1 AND d.newest
ORDER BY d.name
