"""What is PostgreSQL's own about the PostgreSQL store: plans, pool, LISTEN, partitions, other people's transactions."""
