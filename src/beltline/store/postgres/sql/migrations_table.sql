-- Where migrations are recorded; made before the first of them. No parameters: a schema change cannot have any.
CREATE TABLE IF NOT EXISTS migrations (
    number integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    breaking boolean NOT NULL,
    applied_at bigint NOT NULL
)
