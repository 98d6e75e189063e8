-- Jobs by when they were created, for lists.
CREATE INDEX jobs_created ON jobs (namespace, created_at);
CREATE INDEX dead_created ON dead (namespace, created_at);
CREATE INDEX history_created ON history (namespace, created_at);
