-- Removes final jobs with all that belongs to them and returns their ids. $1 namespace, $2 ids.
WITH
dead_ones AS (
    DELETE FROM dead AS d WHERE d.namespace = $1 AND d.id = ANY ($2::text[])
    RETURNING d.id, d.definition, d.idempotency_key
),
done_ones AS (
    DELETE FROM history AS h WHERE h.namespace = $1 AND h.id = ANY ($2::text[])
    RETURNING h.id, h.definition, h.idempotency_key
),
gone AS (SELECT * FROM dead_ones UNION ALL SELECT * FROM done_ones),
keys AS (
    DELETE FROM idempotency AS k USING gone AS g
    WHERE k.namespace = $1
        AND k.definition = g.definition
        AND k.idempotency_key = g.idempotency_key
        AND k.job_id = g.id
),
attempted AS (DELETE FROM attempts AS a WHERE a.namespace = $1 AND a.job_id = ANY (ARRAY(SELECT g.id FROM gone AS g))),
listed AS (DELETE FROM artifacts AS f WHERE f.namespace = $1 AND f.job_id = ANY (ARRAY(SELECT g.id FROM gone AS g))),
logged AS (DELETE FROM job_logs AS l WHERE l.namespace = $1 AND l.job_id = ANY (ARRAY(SELECT g.id FROM gone AS g))),
remembered AS (DELETE FROM steps AS s WHERE s.namespace = $1 AND s.job_id = ANY (ARRAY(SELECT g.id FROM gone AS g))),
reached AS (DELETE FROM positions AS p WHERE p.namespace = $1 AND p.job_id = ANY (ARRAY(SELECT g.id FROM gone AS g)))
SELECT g.id FROM gone AS g
