-- Stores a key.
INSERT INTO api_keys (namespace, id, name, role, definitions, prefix, hash, created_at, created_by, expires_at)
VALUES (:namespace, :id, :name, :role, :definitions, :prefix, :hash, :created_at, :created_by, :expires_at)
