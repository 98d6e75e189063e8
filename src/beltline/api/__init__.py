"""REST: routes, rights and limits over the engine's verbs, and the document that describes them.

Only the composition root, the command line and benchmarks import this room.
"""
