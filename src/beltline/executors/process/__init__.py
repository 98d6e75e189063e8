"""Bodies in processes of their own: they use every core, have limits that hold, and can be killed.

The worker's side is `executor`, over `pool`, `maker` and `member`; the other side is `forkserver`, which
makes the processes, and `child`, which runs bodies in one of them. Between them go frames of JSON, no
pickles.
"""
