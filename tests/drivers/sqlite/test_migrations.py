"""Several programs open one new file at once: one makes the schema, all work."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

from beltline.store.sqlite.migrations import MIGRATIONS

PROGRAM = """
import asyncio, sys
from beltline.core.clock import SystemClock
from beltline.store.sqlite.store import SqliteStore

async def main():
    store = SqliteStore(sys.argv[1], clock=SystemClock())
    sys.stdin.readline()
    await store.open()
    print(await store.reads.counts("here"))
    await store.close()

asyncio.run(main())
"""


def test_ten_programs_open_a_new_file_at_once(path: Path) -> None:
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(10)
    ]
    answers = [program.communicate("go\n", timeout=60)[0] for program in programs]

    assert [program.returncode for program in programs] == [0] * 10
    assert answers == ["[]\n"] * 10
    connection = sqlite3.connect(path)
    applied = connection.execute("SELECT number, checksum FROM migrations").fetchall()
    connection.close()
    assert applied == [(step.number, step.checksum) for step in MIGRATIONS]
