"""The command line: one file per noun. It parses, calls the engine and prints; no rule lives here.

Nothing imports this room.
"""
