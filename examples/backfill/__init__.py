"""Data backfill: fill in a new column of a whole table; killed in the middle, it goes on where it was."""
