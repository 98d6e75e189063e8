"""Hints between processes: the kernel tells of writes, or the writer polls; only while somebody listens."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from pathlib import Path

import pytest

from beltline.store.hints import Hint
from tests.conformance.world import World


@pytest.mark.parametrize("platform", ["linux", "a system without inotify"])
async def test_a_commit_of_any_other_connection_hints_at_everything(
    world: World, path: Path, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    heard: asyncio.Queue[Hint] = asyncio.Queue()
    await world.store.wakeups.subscribe(world.namespace, heard.put_nowait)
    connection = sqlite3.connect(path, isolation_level=None)

    connection.execute("INSERT INTO queues VALUES ('elsewhere', 'q', 0, 0)")

    connection.close()
    async with asyncio.timeout(10):
        assert {await heard.get() for _ in Hint} == set(Hint)


async def test_ones_own_commit_hints_at_what_it_did_alone(world: World) -> None:
    heard: list[Hint] = []
    await world.store.wakeups.subscribe(world.namespace, heard.append)

    await world.insert(world.new())

    assert heard == [Hint.QUEUED]


async def test_a_hint_comes_with_the_answer(world: World) -> None:
    heard: list[Hint] = []
    stop = await world.store.wakeups.subscribe(world.namespace, heard.append)
    await world.insert(world.new())
    stop()

    await world.insert(world.new())

    assert heard == [Hint.QUEUED]


async def test_other_namespaces_are_not_told_of_ones_own_commits(world: World) -> None:
    heard: list[Hint] = []
    await world.store.wakeups.subscribe("elsewhere", heard.append)

    await world.insert(world.new())

    assert heard == []
