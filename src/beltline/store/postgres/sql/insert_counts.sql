-- Counts jobs that were stored by COPY. $1 namespace; arrays of one length, $2 minute, $3 definition, $4 queue, $5 count.
INSERT INTO deltas (namespace, minute, definition, queue, event, count, run_us, wait_us)
SELECT $1, d.minute, d.definition, d.queue, 'submitted', d.count, 0, 0
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[]) AS d (minute, definition, queue, count)
