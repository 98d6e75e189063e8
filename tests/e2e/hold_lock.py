"""Begin to write to an SQLite file as the store does, and stop: `python -m tests.e2e.hold_lock FILE`."""

from __future__ import annotations

import os
import signal
import sys

from beltline.store.sqlite.connection import FileLock, connect

lock = FileLock(sys.argv[1])
lock.open()
with lock.held():
    connection = connect(sys.argv[1])
    connection.execute("BEGIN IMMEDIATE")
    os.kill(os.getpid(), signal.SIGSTOP)
    connection.execute("ROLLBACK")
