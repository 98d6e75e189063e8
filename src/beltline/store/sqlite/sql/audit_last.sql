-- The end of a namespace's chain.
SELECT seq, hash FROM audit WHERE namespace = :namespace ORDER BY seq DESC LIMIT 1
