"""Beltline as a program uses it: in process, on every store."""
