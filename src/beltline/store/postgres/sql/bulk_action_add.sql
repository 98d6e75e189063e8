-- Stores a pending action. $1 namespace, $2 … $8 the columns in order.
INSERT INTO bulk_actions (namespace, id, verb, filter, actor, reason, created_at, due_at, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending')
