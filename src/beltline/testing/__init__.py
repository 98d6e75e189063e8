"""For those who test: the seeded simulation, and later the kit for users' own tests."""
