"""The rules of Beltline: states, decisions, retries, time and errors.

Pure functions and immutable values, standard library only, no I/O and no logging. Every other room may import
this one; it imports none.
"""
