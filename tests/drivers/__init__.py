"""What only one database has: connections, plans, locks, wake-ups. Elsewhere the stores have no names."""
