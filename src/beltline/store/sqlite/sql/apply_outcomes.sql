-- Notes how jobs ended for those who subscribed to it. A job is in one of the two tables by now.
INSERT INTO outcomes (namespace, job_id, fence, definition, queue, state, reason, labels, finished_at)
SELECT j.namespace, j.id, j.fence, j.definition, j.queue, :state, :reason, j.labels, :at
FROM json_each(:ids) AS e
JOIN (
    SELECT namespace, id, fence, definition, queue, labels, finished_at FROM history
    UNION ALL
    SELECT namespace, id, fence, definition, queue, labels, finished_at FROM dead
) AS j ON j.namespace = :namespace AND j.id = e.value AND j.fence = :fence AND j.finished_at = :at
