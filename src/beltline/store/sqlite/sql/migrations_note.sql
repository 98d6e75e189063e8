-- Notes a step as applied.
INSERT INTO migrations (number, name, checksum, breaking, applied_at) VALUES (?, ?, ?, ?, ?)
