"""The store on SQLite: one file, one writer at a time, many readers; or one connection without threads.

`store` is the door. A verb is a plain function of a `Transaction`; a `Gate` runs it, on threads or in place.
"""
