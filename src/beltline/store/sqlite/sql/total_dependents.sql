-- How many edges wait for a job, counted up to a limit.
SELECT count(*) FROM (SELECT 1 FROM edges WHERE namespace = :namespace AND prerequisite = :of LIMIT :most)
