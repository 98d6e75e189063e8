-- The first of very many jobs that wait for one, how many of them are named here, and the last of these.
SELECT json_group_array(dependent), count(*), max(dependent)
FROM (
    SELECT DISTINCT dependent FROM edges
    WHERE namespace = :namespace AND prerequisite = :prerequisite
    ORDER BY dependent
    LIMIT :limit
)
