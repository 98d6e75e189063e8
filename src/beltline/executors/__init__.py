"""How a body runs: on the event loop or in a thread.

One small Protocol; an executor knows nothing of stores or settling.
"""
