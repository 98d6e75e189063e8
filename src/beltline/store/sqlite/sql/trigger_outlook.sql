-- When a trigger is to be looked at next, and what else there is: fronts of small indexes and tables.
SELECT
    (SELECT min(due_at) FROM triggers WHERE namespace = :namespace AND paused = 0 AND due_at IS NOT NULL),
    EXISTS (
        SELECT 1 FROM trigger_watches AS w
        WHERE w.namespace = :namespace
            AND EXISTS (SELECT 1 FROM trigger_outcomes AS o WHERE o.namespace = :namespace AND o.name = w.name)
    ),
    EXISTS (SELECT 1 FROM trigger_watches WHERE namespace = :namespace),
    EXISTS (SELECT 1 FROM triggers WHERE namespace = :namespace AND kind = 'message' AND paused = 0)
