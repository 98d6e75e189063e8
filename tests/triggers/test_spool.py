"""A folder as a source of messages."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from beltline.core.errors import ConfigError
from beltline.triggers.spool import Spool


async def test_files_are_messages_until_they_are_acknowledged(tmp_path: Path) -> None:
    for name, body in (("b", b"2"), ("a", b"1"), (".draft", b"no")):
        (tmp_path / name).write_bytes(body)
    spool = Spool(f"spool://{tmp_path}", look_s=0.01)
    await spool.connect()

    first = await spool.receive(10)
    await spool.nack(first)
    again = await spool.receive(1)
    await spool.ack(again)
    [left] = await spool.receive(10)
    await spool.close()

    assert [(each.id, each.body) for each in first] == [("a", b"1"), ("b", b"2")]
    assert [each.id for each in again] == ["a"]
    assert left.id == "b"


async def test_it_waits_for_the_first_file(tmp_path: Path) -> None:
    spool = Spool(f"spool://{tmp_path}", look_s=0.01)
    waiting = asyncio.create_task(spool.receive(10))
    await asyncio.sleep(0)

    (tmp_path / ".a").write_bytes(b"1")
    (tmp_path / ".a").rename(tmp_path / "a")

    async with asyncio.timeout(10):
        assert [each.id for each in await waiting] == ["a"]
    await spool.close()


async def test_a_folder_that_is_missing_or_relative_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no absolute path"):
        Spool("spool://in")
    with pytest.raises(FileNotFoundError):
        await Spool(f"spool://{tmp_path}/none").connect()
