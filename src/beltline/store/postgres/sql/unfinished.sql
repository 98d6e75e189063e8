-- Those of the jobs that are not final. $1 namespace, $2 ids.
SELECT j.id FROM jobs AS j WHERE j.namespace = $1 AND j.id = ANY ($2::text[])
