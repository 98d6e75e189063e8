-- Batches without a parent, as they are listed.
CREATE INDEX batches_roots ON batches (namespace, created_at, job_id) WHERE parent IS NULL;
