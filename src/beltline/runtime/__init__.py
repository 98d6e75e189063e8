"""The long-lived loops of a worker process.

Each has start, stop and a tick that does one bounded piece of work.
"""
