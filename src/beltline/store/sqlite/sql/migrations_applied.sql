-- The steps that are applied.
SELECT number, breaking FROM migrations
