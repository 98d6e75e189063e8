"""The places for objects: real folders, a bucket in memory, a port where nobody listens."""
