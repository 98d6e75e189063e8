"""Beltline measured and tried: the benchmark, and later the game days."""
