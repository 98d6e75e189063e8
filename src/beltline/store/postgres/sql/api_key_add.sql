-- Stores a key. $1 … $10 the columns in order.
INSERT INTO api_keys (namespace, id, name, role, definitions, prefix, hash, created_at, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
