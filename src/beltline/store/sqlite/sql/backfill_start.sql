-- Stores a backfill that runs.
INSERT INTO backfills (
    namespace, id, schedule, since, until, at_once, total, actor, state, revision, next_at, open_jobs, submitted,
    existing, created_at
)
VALUES (
    :namespace, :id, :schedule, :since, :until, :at_once, :total, :actor, 'running', 1, :since, '[]', 0, 0, :now
)
