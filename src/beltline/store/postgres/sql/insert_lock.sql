-- Lets one transaction at a time decide about some ids and keys. $1 numbers, $2 whether to share each with others.
SELECT count(*)
FROM (
    SELECT CASE WHEN u.shared THEN pg_advisory_xact_lock_shared(u.number)::text ELSE pg_advisory_xact_lock(u.number)::text END
    FROM unnest($1::bigint[], $2::boolean[]) AS u (number, shared)
) AS locked
