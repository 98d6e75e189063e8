-- Holds events, unless ones of their keys were there, and returns how many. $1 namespace, $2 now, $3 name; arrays of one
-- length: $4 key, $5 payload, $6 hops.
WITH
kept AS (
    INSERT INTO trigger_events (namespace, name, event_key, payload, hops, at)
    SELECT $1, $3, i.event_key, i.payload, i.hops, $2
    FROM unnest($4::text[], $5::bytea[], $6::integer[]) WITH ORDINALITY AS i (event_key, payload, hops, place)
    ORDER BY i.place
    ON CONFLICT (namespace, name, event_key) WHERE event_key IS NOT NULL DO NOTHING
    RETURNING id
)
SELECT count(*) FROM kept
