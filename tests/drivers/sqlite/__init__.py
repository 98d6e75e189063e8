"""The SQLite driver from inside."""
