-- Notes a request on running jobs; a cancel that is noted stays.
UPDATE jobs
SET request = CASE WHEN request = 'cancel' THEN request ELSE :request END
WHERE namespace = :namespace AND state = 'running'
    AND (id, fence) IN (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:rows))
RETURNING id
