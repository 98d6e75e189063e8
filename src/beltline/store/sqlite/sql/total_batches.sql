-- How many batches there are, without those below others, counted up to a limit.
SELECT count(*) FROM (SELECT 1 FROM batches WHERE namespace = :namespace AND parent IS NULL LIMIT :most)
