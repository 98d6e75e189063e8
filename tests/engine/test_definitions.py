from __future__ import annotations

import pytest

from beltline.core.errors import UnknownDefinition
from beltline.core.retry import Retry
from beltline.definitions.definition import define
from beltline.engine.definitions import apply_definitions, stored_definition
from beltline.engine.template import stored_policy, stored_template, template_of
from tests.engine.desk import Desk


def resize(width: int) -> None: ...


async def test_what_is_stored_makes_the_same_jobs_as_the_code(desk: Desk) -> None:
    definition = define(
        resize,
        queue="images",
        priority=3,
        retry=Retry(max_attempts=9, backoff="fixed", base=4),
        timeout="1m",
        deadline="1h",
        expires="30m",
        owner="media",
        labels={"team": "a"},
        dedupe="content",
        max_crashes=7,
        resources={"cpu": 1.5, "memory": "512Mi", "gpu": 0},
        tags=["eu"],
        pinned=True,
    )

    assert await apply_definitions(desk.store, desk.namespace, [definition]) == ["resize"]

    found = await stored_definition(desk.store, desk.namespace, "resize")
    assert stored_template(found) == template_of(definition)
    policy = stored_policy(found)
    assert (policy.max_crashes, policy.retry.stored()) == (7, definition.retry.stored())


async def test_a_bare_definition_makes_the_same_jobs_too(desk: Desk) -> None:
    definition = define(resize)
    await apply_definitions(desk.store, desk.namespace, [definition])

    found = await stored_definition(desk.store, desk.namespace, "resize")

    assert stored_template(found) == template_of(definition)


async def test_applying_the_same_again_changes_nothing(desk: Desk) -> None:
    await apply_definitions(desk.store, desk.namespace, [define(resize)])

    assert await apply_definitions(desk.store, desk.namespace, [define(resize)]) == []


async def test_an_unknown_definition_says_how_to_register_it(desk: Desk) -> None:
    with pytest.raises(UnknownDefinition, match=r"no job definition 'resize'; register it with `beltline"):
        await stored_definition(desk.store, desk.namespace, "resize")


async def test_nothing_to_apply_is_fine(desk: Desk) -> None:
    assert await apply_definitions(desk.store, desk.namespace, []) == []
