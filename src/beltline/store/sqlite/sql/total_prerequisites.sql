-- How many edges a job waits for, counted up to a limit.
SELECT count(*) FROM (SELECT 1 FROM edges WHERE namespace = :namespace AND dependent = :of LIMIT :most)
