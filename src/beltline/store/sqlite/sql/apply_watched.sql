-- Notes the jobs that ended for each trigger that watches for that. A job is in one of the two tables by now.
INSERT INTO trigger_outcomes (namespace, name, job_id, fence, state)
SELECT :namespace, w.name, e.value, :fence, :state
FROM json_each(:ids) AS e
CROSS JOIN trigger_watches AS w ON w.namespace = :namespace AND instr(w.states, :state) > 0
WHERE EXISTS (
        SELECT 1 FROM history AS h
        WHERE h.namespace = :namespace AND h.id = e.value AND w.definition IN ('', h.definition)
            AND (w.roots = 0 OR h.parent IS NULL)
    )
    OR EXISTS (
        SELECT 1 FROM dead AS d
        WHERE d.namespace = :namespace AND d.id = e.value AND w.definition IN ('', d.definition)
            AND (w.roots = 0 OR d.parent IS NULL)
    )
