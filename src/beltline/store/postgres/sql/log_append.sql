-- Appends log lines, numbered on from each job's last one, and drops what is more than $7 lines or $10 bytes old. Two
-- appenders of one job at the same moment: one of them fails on the primary key and is repeated. Old lines are searched
-- from the oldest on: what is read is what goes, and one line more. $1 namespace; arrays of one length: $2 job, $3 run,
-- $4 at, $5 level, $6 message, $8 fields, $9 bytes, $11 place among the lines of its job, in which those that were dropped
-- before leave gaps.
WITH
added AS (
    INSERT INTO job_logs (namespace, job_id, seq, run, at, level, message, fields, bytes_until)
    SELECT
        $1,
        i.job_id,
        coalesce(m.seq, 0) + i.place,
        i.run, i.at, i.level, i.message, i.fields,
        coalesce(m.bytes_until, 0) + sum(i.bytes) OVER (PARTITION BY i.job_id ORDER BY i.place)
    FROM unnest(
        $2::text[], $3::integer[], $4::bigint[], $5::text[], $6::text[], $8::text[], $9::bigint[], $11::bigint[]
    ) AS i (job_id, run, at, level, message, fields, bytes, place)
    LEFT JOIN LATERAL (
        SELECT l.seq, l.bytes_until FROM job_logs AS l
        WHERE l.namespace = $1 AND l.job_id = i.job_id
        ORDER BY l.seq DESC LIMIT 1
    ) AS m ON true
    RETURNING job_id, seq, bytes_until
),
full_logs AS MATERIALIZED (
    SELECT a.job_id, max(a.seq) - $7::bigint AS until, max(a.bytes_until) - $10::bigint AS bytes_gone
    FROM added AS a
    GROUP BY a.job_id
    HAVING max(a.seq) > $7::bigint OR max(a.bytes_until) > $10::bigint
)
DELETE FROM job_logs AS g
USING (
    SELECT p.place
    FROM full_logs AS f
    LEFT JOIN LATERAL (
        SELECT k.seq FROM job_logs AS k
        WHERE k.namespace = $1 AND k.job_id = f.job_id AND k.bytes_until > f.bytes_gone
        ORDER BY k.seq LIMIT 1
    ) AS kept ON true
    CROSS JOIN LATERAL (
        SELECT l.ctid AS place
        FROM job_logs AS l
        WHERE l.namespace = $1 AND l.job_id = f.job_id
            AND l.seq <= greatest(f.until, coalesce(kept.seq - 1, 9223372036854775807))
        OFFSET 0
    ) AS p
) AS o
WHERE g.ctid = o.place
