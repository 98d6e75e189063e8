-- How many triggers there are, counted up to a limit.
SELECT count(*) FROM (SELECT 1 FROM triggers WHERE namespace = :namespace LIMIT :most)
