-- How many workflows there are, each counted once, up to a limit.
SELECT count(*) FROM (SELECT DISTINCT name FROM workflows WHERE namespace = :namespace LIMIT :most)
