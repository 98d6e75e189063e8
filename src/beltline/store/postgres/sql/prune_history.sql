-- Removes old jobs of days that have no partition of their own, with their attempts, artifacts, logs, steps and
-- positions. $1 namespace, $2 before, $3 limit.
WITH
gone AS (
    DELETE FROM history_default
    WHERE ctid = ANY (ARRAY(SELECT h.ctid FROM history_default AS h WHERE h.namespace = $1 AND h.finished_at < $2 LIMIT $3))
    RETURNING id
),
attempted AS (DELETE FROM attempts AS a WHERE a.namespace = $1 AND a.job_id = ANY (ARRAY(SELECT g.id FROM gone AS g))),
listed AS (DELETE FROM artifacts AS f WHERE f.namespace = $1 AND f.job_id = ANY (ARRAY(SELECT g.id FROM gone AS g))),
logged AS (DELETE FROM job_logs AS l WHERE l.namespace = $1 AND l.job_id = ANY (ARRAY(SELECT g.id FROM gone AS g))),
remembered AS (DELETE FROM steps AS s WHERE s.namespace = $1 AND s.job_id = ANY (ARRAY(SELECT g.id FROM gone AS g))),
reached AS (DELETE FROM positions AS p WHERE p.namespace = $1 AND p.job_id = ANY (ARRAY(SELECT g.id FROM gone AS g))),
batched AS (DELETE FROM batches AS b WHERE b.namespace = $1 AND b.job_id = ANY (ARRAY(SELECT g.id FROM gone AS g))),
signalled AS (DELETE FROM signals AS s WHERE s.namespace = $1 AND s.job_id = ANY (ARRAY(SELECT g.id FROM gone AS g)))
SELECT count(*) FROM gone
