-- Which version of its code ran a job: kept with each run, where it is not the version that the job was made with.
ALTER TABLE jobs ADD COLUMN ran_version text COLLATE "C";
ALTER TABLE dead ADD COLUMN ran_version text COLLATE "C";
ALTER TABLE history ADD COLUMN ran_version text COLLATE "C";
ALTER TABLE attempts ADD COLUMN version text COLLATE "C";

-- One for each of `definitions`, in the same order.
ALTER TABLE sessions ADD COLUMN versions text[];
