-- Copies the jobs that end failed or timed out to dead, where they still have the fence and the state; apply_leave removes them.
-- What the changes share comes as scalars; where results and errors lie, in columns of fixed width: so a change
-- takes half the time of one whose facts come as a JSON array. The fingerprint is read as 0009_dead_groups.sql says.
INSERT INTO dead (
    namespace, id, definition, version, queue, state, reason, priority, order_key, run_at, payload,
    payload_hash, labels, created_at, queued_at, started_at, finished_at, fence, runs,
    attempts_used, crashes, max_attempts, session, request, paused_from, timeout_us, deadline_at,
    expires_at, result, error, progress, progress_note, correlation_id, traceparent, owner, actor,
    parent, root, idempotency_key, discarded_at, needs, ran_version, backoff, fingerprint
)
SELECT
    j.namespace, j.id, j.definition, j.version, j.queue, :state, :reason, j.priority,
    j.order_key, j.run_at, j.payload, j.payload_hash, j.labels, j.created_at, j.queued_at,
    j.started_at, :at, j.fence, j.runs, :attempts_used, :crashes, j.max_attempts, j.session,
    j.request, j.paused_from, j.timeout_us, j.deadline_at, j.expires_at,
    CASE WHEN :results IS NOT NULL THEN substr(
        :results,
        CAST(substr(:result_places, f.key * 24 + 1, 12) AS INTEGER),
        CAST(substr(:result_places, f.key * 24 + 13, 12) AS INTEGER)
    ) END,
    f.error,
    j.progress, j.progress_note, j.correlation_id, j.traceparent, j.owner, j.actor, j.parent,
    j.root, j.idempotency_key, j.discarded_at, j.needs, :ran_version, j.backoff,
    coalesce(
        CAST(substr(f.error, nullif(instr(f.error, CAST('"fingerprint":"' AS BLOB)), 0) + 15, 12) AS TEXT),
        :reason
    )
FROM (
    SELECT
        e.key, e.value AS id,
        CASE WHEN :errors IS NOT NULL THEN substr(
            :errors,
            CAST(substr(:error_places, e.key * 24 + 1, 12) AS INTEGER),
            CAST(substr(:error_places, e.key * 24 + 13, 12) AS INTEGER)
        ) END AS error
    FROM json_each(:ids) AS e
) AS f
CROSS JOIN jobs AS j ON j.namespace = :namespace AND j.id = f.id AND j.fence = :fence
WHERE j.state = :from_state
