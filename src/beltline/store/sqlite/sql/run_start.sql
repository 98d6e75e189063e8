-- Begins a run. Of a policy there is one: it begins anew where the policy is another now, and is left alone otherwise.
INSERT INTO replay_runs (
    namespace, id, state, fingerprint, definition, queue, labels, rate, stop_on_same_error, policy, total, next_at,
    actor, why, created_at
)
VALUES (
    :namespace, :id, 'running', :fingerprint, :definition, :queue, :labels, :rate, :stop_on_same_error, :policy, :total,
    :next_at, :actor, :why, :created_at
)
ON CONFLICT (namespace, id) DO UPDATE SET
    state = 'running', rate = excluded.rate, policy = excluded.policy, next_at = excluded.next_at,
    created_at = excluded.created_at, ended_at = NULL, ended_by = ''
WHERE replay_runs.policy <> '' AND replay_runs.policy <> excluded.policy
