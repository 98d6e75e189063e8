-- $1 namespace, $2 id, $3 schedule, $4 since, $5 until, $6 at once, $7 total, $8 actor, $9 now.
INSERT INTO backfills (
    namespace, id, schedule, since, until, at_once, total, actor, created_at, state, revision, next_at, open_jobs,
    submitted, existing
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'running', 1, $4, '[]', 0, 0)
