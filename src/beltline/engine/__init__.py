"""The use cases: each verb is one transaction of the store, decided by core.

Client, runtime, API and CLI act only through here.
"""
