-- Makes the session hold the jobs that claim_front or claim_fronts found in the same transaction.
UPDATE jobs
SET state = 'running', reason = 'claimed', session = :session, started_at = :now, runs = runs + 1,
    fence = fence + 1, request = NULL, error = NULL, progress = NULL, progress_note = NULL
WHERE namespace = :namespace AND id IN (SELECT value FROM json_each(:ids))
