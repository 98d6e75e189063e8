-- Locks live jobs in the order of their ids before other statements of a transaction write them: two such transactions
-- then wait for each other, never both; and what writes by place (ctid) finds each row where it is. $1 namespace, $2 ids.
SELECT count(*)
FROM (
    SELECT l.id
    FROM (SELECT u.id FROM unnest($2::text[]) AS u (id) ORDER BY u.id COLLATE "C") AS i
    CROSS JOIN LATERAL (SELECT j.id FROM jobs AS j WHERE j.namespace = $1 AND j.id = i.id FOR UPDATE) AS l
) AS locked
