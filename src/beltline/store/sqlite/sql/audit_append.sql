-- Appends one entry to the chain.
INSERT INTO audit (namespace, seq, at, actor, action, target, reason, before, after, prev_hash, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
