"""Durable state. `contract` says what a store does, `sqlite` and `postgres` do it, `open` picks one by URL.

Only the engine, the client and the composition root may import this room.
"""
