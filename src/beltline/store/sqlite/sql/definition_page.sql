-- The newest version of each definition; the other columns are those of the row with the largest turn.
SELECT name, version, queue, schema, policies, owner, runbook, applied_at
FROM (SELECT *, max(turn) FROM definitions WHERE namespace = :namespace GROUP BY name)
ORDER BY name
