-- The last entry of the namespace's chain. $1 namespace.
SELECT a.seq, a.hash FROM audit AS a WHERE a.namespace = $1 ORDER BY a.seq DESC LIMIT 1
