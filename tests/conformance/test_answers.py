"""`answers`: the first answer to a request with an idempotency key is the answer to its repeats."""

from __future__ import annotations

import asyncio

from beltline.store.answers import ABANDONED_US, KEPT_US, Answer, BeginAnswer
from tests.conformance.world import World


def request(world: World, *, key: str = "k", caller: str = "me", hash: bytes = b"1") -> BeginAnswer:  # noqa: A002
    return BeginAnswer(
        namespace=world.namespace, caller=caller, idempotency_key=key, request_hash=hash, now=world.now
    )


async def test_the_first_answer_is_found_again(world: World) -> None:
    first = request(world)

    assert await world.store.answers.begin(first) is None
    assert await world.store.answers.begin(request(world)) == Answer(b"1", None, None)
    await world.store.answers.keep(first, 201, b"{}")

    assert await world.store.answers.begin(request(world, hash=b"2")) == Answer(b"1", 201, b"{}")


async def test_another_caller_or_key_is_another_request(world: World) -> None:
    await world.store.answers.begin(request(world))

    assert await world.store.answers.begin(request(world, caller="you")) is None
    assert await world.store.answers.begin(request(world, key="k2")) is None


async def test_a_forgotten_request_may_be_repeated(world: World) -> None:
    await world.store.answers.begin(request(world))
    await world.store.answers.forget(request(world))

    assert await world.store.answers.begin(request(world)) is None


async def test_a_request_without_an_answer_is_taken_over(world: World) -> None:
    first = request(world)
    await world.store.answers.begin(first)
    world.clock.jump(ABANDONED_US)

    assert await world.store.answers.begin(request(world, hash=b"2")) is None
    await world.store.answers.keep(first, 201, b"late")

    assert await world.store.answers.begin(request(world)) == Answer(b"2", None, None)


async def test_an_expired_answer_is_taken_over_and_pruned(world: World) -> None:
    for key in ("a", "b"):
        first = request(world, key=key)
        await world.store.answers.begin(first)
        await world.store.answers.keep(first, 200, b"")
    world.clock.jump(KEPT_US)

    assert await world.store.answers.begin(request(world, key="a")) is None
    assert await world.store.answers.prune(world.namespace, world.now, 10) == 1
    assert await world.store.answers.prune(world.namespace, world.now, 10) == 0


async def test_of_two_that_begin_at_once_one_answers(shared_world: World) -> None:
    begun = await asyncio.gather(*(shared_world.store.answers.begin(request(shared_world)) for _ in range(4)))

    assert begun.count(None) == 1
