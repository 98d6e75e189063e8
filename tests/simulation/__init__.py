"""A whole job service in one thread: seeded, crashed at every await, and checked after every transaction."""
