-- Writes progress of running jobs whose (id, fence) match; no index changes, so the update stays on its page.
-- $1 namespace; arrays of one length, ids in order: $2 id, $3 fence, $4 fraction, $5 note.
UPDATE jobs AS j
SET progress = f.fraction, progress_note = f.note
FROM (
    SELECT i.fence, i.fraction, i.note, p.place
    FROM unnest($2::text[], $3::bigint[], $4::double precision[], $5::text[]) AS i (id, fence, fraction, note)
    CROSS JOIN LATERAL (SELECT l.ctid AS place FROM jobs AS l WHERE l.namespace = $1 AND l.id = i.id OFFSET 0) AS p
) AS f
WHERE j.ctid = f.place AND j.fence = f.fence AND j.state = 'running'
