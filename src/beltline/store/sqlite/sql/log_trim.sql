-- Leaves the newest lines of a job, up to so many and so many bytes. Lines are searched from the oldest on: what is read is
-- what goes, and one line more.
DELETE FROM job_logs
WHERE namespace = :namespace AND job_id = :job_id AND seq < max(
    (SELECT max(seq) FROM job_logs WHERE namespace = :namespace AND job_id = :job_id) - :lines + 1,
    (
        SELECT seq FROM job_logs
        WHERE namespace = :namespace AND job_id = :job_id AND bytes_until > (
            SELECT bytes_until FROM job_logs WHERE namespace = :namespace AND job_id = :job_id ORDER BY seq DESC LIMIT 1
        ) - :size
        ORDER BY seq LIMIT 1
    )
)
