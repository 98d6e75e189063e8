"""Database maintenance: a file is vacuumed, reindexed and analyzed, but not while somebody writes to it."""
