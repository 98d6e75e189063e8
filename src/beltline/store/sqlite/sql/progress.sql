-- Writes the newest progress of running jobs that are still held under the fence.
UPDATE jobs SET progress = json_extract(e.value, '$[2]'), progress_note = json_extract(e.value, '$[3]')
FROM json_each(:rows) AS e
WHERE jobs.namespace = :namespace AND jobs.id = json_extract(e.value, '$[0]') 
    AND jobs.fence = json_extract(e.value, '$[1]') AND jobs.state = 'running'
