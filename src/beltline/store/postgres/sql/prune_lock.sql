-- Lets one process at a time drop and make partitions; waits for readers of history for less than a moment, because
-- whoever comes after a waiting DROP waits too. $1 number.
SELECT pg_try_advisory_xact_lock($1), set_config('lock_timeout', '200ms', true)
