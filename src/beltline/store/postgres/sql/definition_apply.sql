-- Stores a definition version and makes it the newest of its name. $1 namespace, $2 now, $3 name, $4 version, $5 queue,
-- $6 schema, $7 policies, $8 owner, $9 runbook.
WITH
retired AS (
    UPDATE definitions AS d
    SET newest = false
    WHERE d.namespace = $1 AND d.name = $3 AND d.version <> $4 AND d.newest
)
INSERT INTO definitions AS d (namespace, applied_at, name, version, queue, schema, policies, owner, runbook, newest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, true)
ON CONFLICT (namespace, name, version) DO UPDATE
SET applied_at = excluded.applied_at,
    queue = excluded.queue,
    schema = excluded.schema,
    policies = excluded.policies,
    owner = excluded.owner,
    runbook = excluded.runbook,
    newest = true
