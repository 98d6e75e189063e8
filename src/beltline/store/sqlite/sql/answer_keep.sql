-- Keeps the answer of a request, unless another took it over.
UPDATE answers SET status = :status, body = :body
WHERE namespace = :namespace AND caller = :caller AND idempotency_key = :idempotency_key
    AND begun_at = :now AND status IS NULL
