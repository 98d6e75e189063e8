-- $1 namespace, $2 at; arrays of one length: $3 seq, $4 actor, $5 action, $6 target, $7 reason, $8 before, $9 after,
-- $10 prev_hash, $11 hash.
INSERT INTO audit (namespace, at, seq, actor, action, target, reason, before, after, prev_hash, hash)
SELECT $1, $2, i.*
FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
    AS i (seq, actor, action, target, reason, before, after, prev_hash, hash)
