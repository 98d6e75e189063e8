-- Counts what a step of a backfill did. $1 namespace, $2 id, $3 submitted, $4 existing.
UPDATE backfills AS b SET submitted = b.submitted + $3, existing = b.existing + $4
WHERE b.namespace = $1 AND b.id = $2
