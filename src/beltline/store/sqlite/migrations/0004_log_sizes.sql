-- The bytes of a job's log up to and with a line, so that the oldest can go without reading all of them.
ALTER TABLE job_logs ADD COLUMN bytes_until INTEGER NOT NULL DEFAULT 0;
