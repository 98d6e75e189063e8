-- Removes outcomes that were told, or concern nobody.
DELETE FROM outcomes WHERE namespace = :namespace AND seq IN (SELECT value FROM json_each(:seqs))
