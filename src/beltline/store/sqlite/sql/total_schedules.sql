-- How many schedules there are, counted up to a limit.
SELECT count(*) FROM (SELECT 1 FROM schedules WHERE namespace = :namespace LIMIT :most)
