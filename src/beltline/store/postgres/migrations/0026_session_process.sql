-- Which process a session is, in words by which others on its machine can prove that it has ended; null where unknown.
ALTER TABLE sessions ADD COLUMN process text COLLATE "C";
