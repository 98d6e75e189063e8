-- Remembers what was seen. $1 namespace, $2 name; arrays of one length: $3 object, $4 mark, $5 since, $6 fired.
INSERT INTO trigger_objects (namespace, name, object, mark, since, fired)
SELECT $1, $2, i.* FROM unnest($3::text[], $4::text[], $5::bigint[], $6::boolean[]) AS i (object, mark, since, fired)
ON CONFLICT (namespace, name, object) DO UPDATE
SET mark = excluded.mark, since = excluded.since, fired = excluded.fired
