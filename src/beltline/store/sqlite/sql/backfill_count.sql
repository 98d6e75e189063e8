-- Counts what a step of a backfill did.
UPDATE backfills SET submitted = submitted + :submitted, existing = existing + :existing
WHERE namespace = :namespace AND id = :id
