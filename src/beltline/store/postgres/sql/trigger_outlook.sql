-- When a trigger is to be looked at next, and what else there is: fronts of small indexes and tables. $1 namespace.
SELECT
    (SELECT min(t.due_at) FROM triggers AS t WHERE t.namespace = $1 AND NOT t.paused AND t.due_at IS NOT NULL),
    EXISTS (
        SELECT FROM trigger_watches AS w
        WHERE w.namespace = $1
            AND EXISTS (SELECT FROM trigger_outcomes AS o WHERE o.namespace = $1 AND o.name = w.name)
    ),
    EXISTS (SELECT FROM trigger_watches AS w WHERE w.namespace = $1),
    EXISTS (SELECT FROM triggers AS t WHERE t.namespace = $1 AND t.kind = 'message' AND NOT t.paused)
