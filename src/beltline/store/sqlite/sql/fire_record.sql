-- Keeps what became of ticks; returns (schedule, tick) of what was kept. A tick has one row. One that waited is
-- replaced by what became of it in the end, and a skipped one where it is filled afterwards.
INSERT INTO fires (namespace, schedule, tick, dropped, outcome, reason, job_id, until, ticks, backfill, at)
SELECT
    :namespace, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') = 'dropped',
    json_extract(value, '$[2]'), json_extract(value, '$[3]'), json_extract(value, '$[4]'),
    json_extract(value, '$[5]'), json_extract(value, '$[6]'), json_extract(value, '$[7]'), :now
FROM json_each(:rows)
WHERE true
ON CONFLICT (namespace, schedule, tick, dropped) DO UPDATE
SET outcome = excluded.outcome, reason = excluded.reason, job_id = excluded.job_id, backfill = excluded.backfill,
    at = excluded.at
WHERE fires.outcome = 'buffered' OR (fires.outcome = 'skipped' AND excluded.backfill IS NOT NULL)
RETURNING schedule, tick, dropped
