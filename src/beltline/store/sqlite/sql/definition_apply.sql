-- Stores a version, or replaces what it says, and makes it the newest of its name.
INSERT INTO definitions (namespace, name, version, queue, schema, policies, owner, runbook, applied_at, turn)
VALUES (
    :namespace, :name, :version, :queue, :schema, :policies, :owner, :runbook, :now,
    (SELECT coalesce(max(turn), 0) + 1 FROM definitions WHERE namespace = :namespace)
)
ON CONFLICT (namespace, name, version) DO UPDATE SET
    queue = excluded.queue, schema = excluded.schema, policies = excluded.policies, owner = excluded.owner,
    runbook = excluded.runbook, applied_at = excluded.applied_at, turn = excluded.turn
