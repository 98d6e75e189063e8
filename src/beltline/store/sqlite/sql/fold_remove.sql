-- Removes the deltas that were folded.
DELETE FROM deltas WHERE namespace = :namespace AND id <= :until
