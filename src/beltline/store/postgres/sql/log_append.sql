-- Appends log lines, numbered on from each job's last one, and drops what is more than $7 lines old. Two appenders of one
-- job at the same moment: one of them fails on the primary key and is repeated. $1 namespace; arrays of one length:
-- $2 job, $3 run, $4 at, $5 level, $6 message, $8 fields.
WITH
added AS (
    INSERT INTO job_logs (namespace, job_id, seq, run, at, level, message, fields)
    SELECT
        $1,
        i.job_id,
        m.seq + row_number() OVER (PARTITION BY i.job_id ORDER BY i.place),
        i.run, i.at, i.level, i.message, i.fields
    FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::text[], $6::text[], $8::text[])
        WITH ORDINALITY AS i (job_id, run, at, level, message, fields, place)
    CROSS JOIN LATERAL (
        SELECT coalesce(max(l.seq), 0) AS seq FROM job_logs AS l WHERE l.namespace = $1 AND l.job_id = i.job_id
    ) AS m
    RETURNING job_id, seq
),
full_logs AS MATERIALIZED (
    SELECT a.job_id, max(a.seq) - $7::bigint AS until FROM added AS a GROUP BY a.job_id HAVING max(a.seq) > $7::bigint
)
DELETE FROM job_logs AS g
USING (
    SELECT p.place
    FROM full_logs AS f
    CROSS JOIN LATERAL (
        SELECT l.ctid AS place
        FROM job_logs AS l
        WHERE l.namespace = $1 AND l.job_id = f.job_id AND l.seq <= f.until
        OFFSET 0
    ) AS p
) AS o
WHERE g.ctid = o.place
