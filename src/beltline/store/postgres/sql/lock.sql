-- Lets one transaction at a time go on from here. $1 number.
SELECT pg_advisory_xact_lock($1)
