-- Jobs by when they were created, for lists. A new range of pages is summed up by autovacuum; until then it is read whole.
CREATE INDEX jobs_created ON jobs USING brin (created_at) WITH (autosummarize = on);
CREATE INDEX dead_created ON dead USING brin (created_at) WITH (autosummarize = on);
CREATE INDEX history_created ON history USING brin (created_at) WITH (autosummarize = on);
