-- Takes outcomes that were looked at, in order, and returns how many there were: whoever takes them makes their jobs.
-- $1 namespace, $2 ids.
WITH
found AS (
    SELECT o.id FROM trigger_outcomes AS o WHERE o.namespace = $1 AND o.id = ANY ($2::bigint[]) ORDER BY o.id FOR UPDATE
),
gone AS (
    DELETE FROM trigger_outcomes AS o USING found AS f WHERE o.id = f.id RETURNING o.id
)
SELECT count(*) FROM gone
