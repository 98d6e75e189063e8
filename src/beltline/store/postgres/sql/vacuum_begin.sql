-- Takes the lock under which one process vacuums: no row where the table belongs to others. $1 the lock.
SELECT pg_try_advisory_lock($1) FROM pg_class AS c WHERE c.oid = 'jobs'::regclass AND pg_has_role(c.relowner, 'USAGE')
