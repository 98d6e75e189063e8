-- Takes the write lock for the caller's own transaction before anything is read in it: what is found stays so.
UPDATE queues SET paused = paused WHERE false
