-- Keeps what became of ticks; returns (schedule, tick, dropped) of what was kept. A tick has one row. One that waited is
-- replaced by what became of it in the end, and a skipped one where it is filled afterwards. $1 namespace, $2 now; arrays of
-- one length: $3 schedule, $4 tick, $5 outcome, $6 reason, $7 job, $8 until, $9 ticks, $10 backfill.
INSERT INTO fires AS f (namespace, at, schedule, tick, outcome, reason, job_id, until, ticks, backfill, dropped)
SELECT $1, $2, i.*, i.outcome = 'dropped'
FROM unnest(
    $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::text[]
) AS i (schedule, tick, outcome, reason, job_id, until, ticks, backfill)
ON CONFLICT (namespace, schedule, tick, dropped) DO UPDATE
SET outcome = excluded.outcome, reason = excluded.reason, job_id = excluded.job_id, backfill = excluded.backfill,
    at = excluded.at
WHERE f.outcome = 'buffered' OR (f.outcome = 'skipped' AND excluded.backfill IS NOT NULL)
RETURNING f.schedule, f.tick, f.dropped
