"""One file a peer: how its jobs are submitted and its worker is started.

Each runs in the peer's environment.
"""
