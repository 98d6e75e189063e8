-- Returns versions of a workflow, the newest first, before one of them. $1 namespace, $2 name, $3 before, $4 limit.
SELECT w.name, w.version, w.graph, w.applied_at
FROM workflows AS w
WHERE
    w.namespace = $1
    AND w.name = $2
    AND (
        $3::text IS NULL
        OR w.turn < (SELECT o.turn FROM workflows AS o WHERE o.namespace = $1 AND o.name = $2 AND o.version = $3)
    )
ORDER BY w.turn DESC
LIMIT $4
