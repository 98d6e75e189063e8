"""How a body runs: on the event loop, in a thread or in a process of its own.

Two small Protocols; an executor knows nothing of stores or settling.
"""
