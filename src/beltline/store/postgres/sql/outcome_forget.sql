-- Removes outcomes that were told, or concern nobody. $1 namespace, $2 seqs.
DELETE FROM outcomes WHERE namespace = $1 AND seq = ANY($2::bigint[])
