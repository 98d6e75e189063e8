-- Adds to the counts of what became of events, in one order for all who do. $1 namespace, $2 now; arrays of one length:
-- $3 name, $4 outcome, $5 events, $6 job, $7 note.
INSERT INTO trigger_counts AS c (namespace, name, outcome, events, last_at, last_job, note)
SELECT $1, i.name, i.outcome, i.events, $2, i.job, i.note
FROM unnest($3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[]) AS i (name, outcome, events, job, note)
ORDER BY i.name, i.outcome
ON CONFLICT (namespace, name, outcome) DO UPDATE
SET events = c.events + excluded.events, last_at = excluded.last_at,
    last_job = coalesce(excluded.last_job, c.last_job), note = excluded.note
