"""What is PostgreSQL's own about its store: plans, pool, LISTEN, partitions, callers' transactions."""
