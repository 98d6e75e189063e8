-- Gives the lock of vacuum_begin.sql back. $1 the lock.
SELECT pg_advisory_unlock($1)
