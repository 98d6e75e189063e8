-- Which of these dependents, whose edges that went were all met, have to be decided one by one: those that wait for nothing
-- more and were not simply ready (paused, or due later), and those that have ended.
SELECT json_group_array(r.value)
FROM json_each(:ids) AS r
LEFT JOIN jobs AS j ON j.namespace = :namespace AND j.id = r.value
WHERE j.id IS NULL
    OR (
        (j.state <> 'queued' OR j.queued_at <> :now)
        AND NOT EXISTS (SELECT 1 FROM edges AS e WHERE e.namespace = :namespace AND e.dependent = r.value)
    )
