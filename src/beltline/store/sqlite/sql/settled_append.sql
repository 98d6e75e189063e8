-- Notes jobs that have ended and whose dependents are to be told.
INSERT INTO settled (namespace, job_id, state)
SELECT :namespace, json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:rows)
