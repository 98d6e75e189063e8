-- Removes the dead entries of `jobs`. Its end is not cut off, for that locks everyone out; and one processor is enough.
VACUUM (SKIP_LOCKED, TRUNCATE FALSE, PARALLEL 0) jobs
