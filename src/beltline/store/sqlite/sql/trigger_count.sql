-- Adds to the counts of what became of events.
INSERT INTO trigger_counts (namespace, name, outcome, events, last_at, last_job, note)
SELECT
    :namespace, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), :now,
    json_extract(value, '$[3]'), json_extract(value, '$[4]')
FROM json_each(:rows)
WHERE true
ON CONFLICT (namespace, name, outcome) DO UPDATE
SET events = events + excluded.events, last_at = excluded.last_at,
    last_job = coalesce(excluded.last_job, last_job), note = excluded.note
