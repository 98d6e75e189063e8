"""Objects: what is too large for a row, kept in a folder or in a cloud's object store.

The stores, which carry it, and the engine import from here. No library of an object store is loaded before
its URL is opened.
"""
