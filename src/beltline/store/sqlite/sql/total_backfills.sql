-- How many backfills there are, of one schedule or (empty) of all, counted up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM backfills WHERE namespace = :namespace AND (:of = '' OR schedule = :of) LIMIT :most
)
