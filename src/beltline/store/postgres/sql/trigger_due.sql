-- The triggers to look at now: those that are due, the longest first, and those for which outcomes were noted.
-- $1 namespace, $2 now, $3 limit.
SELECT t.name, t.kind, t.definition, t.spec, t.paused, t.declared, t.revision, t.created_at, t.changed_at, t.due_at, t.turn, t.memory
FROM triggers AS t
WHERE t.namespace = $1
    AND NOT t.paused
    AND (
        t.due_at <= $2
        OR (
            t.kind = 'outcome'
            AND EXISTS (SELECT FROM trigger_outcomes AS o WHERE o.namespace = $1 AND o.name = t.name)
        )
    )
ORDER BY t.due_at NULLS FIRST, t.name
LIMIT $3
