-- Writes the newest progress of running jobs that are still held under the fence.
-- The reports are materialised with their namespace, so that the jobs are sought by primary key, one by one.
WITH report (namespace, id, fence, progress, note) AS MATERIALIZED (
    SELECT
        :namespace, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
        json_extract(value, '$[3]')
    FROM json_each(:rows)
)
UPDATE jobs SET progress = report.progress, progress_note = report.note
FROM report
WHERE jobs.namespace = report.namespace AND jobs.id = report.id AND jobs.fence = report.fence
    AND jobs.state = 'running'
