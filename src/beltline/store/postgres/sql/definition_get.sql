-- Returns the newest version of a definition. $1 namespace, $2 name.
SELECT d.name, d.version, d.queue, d.schema, d.policies, d.owner, d.runbook, d.applied_at
FROM definitions AS d
WHERE d.namespace = $1 AND d.name = $2 AND d.newest
