"""What a developer writes: job definitions, payload and result types, the registry, the Context of a run.

Everything above may import this room; it imports `core` only and knows of no store.
"""
