-- How many versions of a workflow there are, counted up to a limit.
SELECT count(*) FROM (SELECT 1 FROM workflows WHERE namespace = :namespace AND name = :of LIMIT :most)
