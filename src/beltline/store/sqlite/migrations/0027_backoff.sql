-- How long a job waits between its attempts, as JSON, where it does not go by its definition.
ALTER TABLE jobs ADD COLUMN backoff TEXT;
ALTER TABLE dead ADD COLUMN backoff TEXT;
ALTER TABLE history ADD COLUMN backoff TEXT;
