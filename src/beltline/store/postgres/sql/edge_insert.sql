-- Stores what jobs wait for. All edges of a part are stored at once. $1 namespace; arrays of one length: $2 dependent, $3 part,
-- $4 prerequisite, $5 condition, $6 otherwise, $7 delay, $8 until when it may be unknown.
INSERT INTO edges (namespace, dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at, alternatives)
SELECT $1, i.*, count(*) OVER (PARTITION BY i.dependent, i.part) > 1
FROM unnest($2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[])
    AS i (dependent, part, prerequisite, condition, otherwise, delay_us, unknown_at)
ON CONFLICT DO NOTHING
