-- What a job asks of its worker, and what a worker offers. `needs` is empty where nothing is asked, and a part of the
-- key by which queued jobs are found: those that ask nothing lie together in order, as do those that ask the same.
ALTER TABLE jobs ADD COLUMN needs TEXT NOT NULL DEFAULT '';
ALTER TABLE dead ADD COLUMN needs TEXT NOT NULL DEFAULT '';
ALTER TABLE history ADD COLUMN needs TEXT NOT NULL DEFAULT '';

DROP INDEX jobs_ready;
CREATE INDEX jobs_ready ON jobs (namespace, queue, needs, order_key, id, queued_at, state) WHERE state = 'queued';

ALTER TABLE sessions ADD COLUMN offer TEXT;
