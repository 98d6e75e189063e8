-- Says of every step that it was applied now, in a copy of a database.
UPDATE migrations SET applied_at = :now
