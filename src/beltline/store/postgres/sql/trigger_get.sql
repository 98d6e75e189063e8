-- $1 namespace, $2 name.
SELECT t.name, t.kind, t.definition, t.spec, t.paused, t.declared, t.revision, t.created_at, t.changed_at, t.due_at, t.turn, t.memory
FROM triggers AS t
WHERE t.namespace = $1 AND t.name = $2
