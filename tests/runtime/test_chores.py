from __future__ import annotations

import random

import pytest

from beltline.config import RetentionConfig
from beltline.runtime.chores import chores
from beltline.runtime.loop import Loop
from tests.runtime.works import Works


@pytest.fixture
def loops(works: Works) -> dict[str, Loop]:
    chance = random.Random(1)
    made = chores(works.store, "default", retention=RetentionConfig(), random=chance)

    @works.belt.job
    async def noop() -> None: ...

    return {loop.name: loop for loop in made}


async def test_every_worker_does_its_share_of_the_chores(loops: dict[str, Loop]) -> None:
    assert sorted(loops) == [
        "policy replayer",
        "pruner",
        "sweeper",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "policy replayer",
        "pruner",
        "sweeper",
    ],
)
async def test_with_nothing_to_do_there_is_no_more(loops: dict[str, Loop], name: str) -> None:
    assert await loops[name].tick() is False
