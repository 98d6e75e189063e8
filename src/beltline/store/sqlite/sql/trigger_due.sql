-- The triggers to look at now: those that are due, the longest first, and those for which outcomes were noted.
SELECT name, kind, definition, spec, paused, declared, revision, created_at, changed_at, due_at, turn, memory
FROM triggers AS t
WHERE namespace = :namespace
    AND paused = 0
    AND (
        due_at <= :now
        OR (
            kind = 'outcome'
            AND EXISTS (SELECT 1 FROM trigger_outcomes AS o WHERE o.namespace = :namespace AND o.name = t.name)
        )
    )
ORDER BY due_at, name
LIMIT :limit
