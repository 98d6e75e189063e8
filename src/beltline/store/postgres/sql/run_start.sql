-- Begins a run and returns its id. Of a policy there is one: it begins anew where the policy is another now, and is left
-- alone otherwise. $1 namespace, $2 id, $3 fingerprint, $4 definition, $5 queue, $6 labels, $7 rate,
-- $8 stop_on_same_error, $9 policy, $10 total, $11 next_at, $12 actor, $13 why, $14 created_at.
INSERT INTO replay_runs AS r (
    namespace, id, state, fingerprint, definition, queue, labels, rate, stop_on_same_error, policy, total, next_at,
    actor, why, created_at
)
VALUES ($1, $2, 'running', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (namespace, id) DO UPDATE SET
    state = 'running', rate = excluded.rate, policy = excluded.policy, next_at = excluded.next_at,
    created_at = excluded.created_at, ended_at = NULL, ended_by = ''
WHERE r.policy <> '' AND r.policy <> excluded.policy
RETURNING r.id
