-- How many ticks of a schedule were looked at, counted up to a limit.
SELECT count(*) FROM (SELECT 1 FROM fires WHERE namespace = :namespace AND schedule = :of LIMIT :most)
