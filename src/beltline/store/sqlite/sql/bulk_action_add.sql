-- Stores a pending action.
INSERT INTO bulk_actions (namespace, id, verb, filter, actor, reason, created_at, due_at, state)
VALUES (:namespace, :id, :verb, :filter, :actor, :reason, :created_at, :due_at, 'pending')
