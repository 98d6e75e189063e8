-- Removes the edges of dependents to prerequisites that have ended, all of which are met and none of which has alternatives. The
-- caller has the locks of the dependents. $1 namespace, $2 prerequisites, $3 dependents. Returns how many went.
-- IS TRUE keeps the planner from a nested loop of both arrays (170 ms for 2,000): it asks a hash table.
WITH
gone AS (
    DELETE FROM edges AS e
    USING (
        SELECT m.place
        FROM unnest($2::text[]) AS i (id)
        CROSS JOIN LATERAL (
            SELECT x.dependent, x.ctid AS place
            FROM edges AS x
            WHERE x.namespace = $1 AND x.prerequisite = i.id
            OFFSET 0
        ) AS m
        WHERE (m.dependent IN (SELECT d.id FROM unnest($3::text[]) AS d (id))) IS TRUE
    ) AS f
    WHERE e.ctid = f.place
    RETURNING 1
)
SELECT count(*) FROM gone
