-- Notes jobs that have ended and whose dependents are to be told. $1 namespace; arrays of one length: $2 id, $3 state.
INSERT INTO settled (namespace, job_id, state) SELECT $1, i.* FROM unnest($2::text[], $3::text[]) AS i (job_id, state)
