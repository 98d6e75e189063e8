-- Lets one transaction at a time decide about the ids and keys that these numbers stand for. $1 numbers, ascending.
SELECT count(*) FROM (SELECT pg_advisory_xact_lock(u.number) FROM unnest($1::bigint[]) AS u (number)) AS locked
