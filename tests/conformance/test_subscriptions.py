"""`subscriptions`: who is told of outcomes, and the notes that the end of a job leaves for them."""

from __future__ import annotations

from beltline.core.outcome import Ending
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.store.params import AuditEntry
from beltline.store.subscriptions import NewSubscription, NotedOutcome, WriteSubscription
from tests.conformance.builders import ended
from tests.conformance.world import World

ENTRY = AuditEntry(actor="ann", action="subscription.create", target="subscription/s1")


async def write(
    world: World, subscription_id: str, given: NewSubscription | None, revision: int | None
) -> bool:
    params = WriteSubscription(
        namespace=world.namespace,
        id=subscription_id,
        subscription=given,
        revision=revision,
        now=world.now,
        audit=[ENTRY],
    )
    return await world.store.subscriptions.write(params)


def subscription(subscription_id: str = "s1") -> NewSubscription:
    return NewSubscription(
        subscription_id, "https://x", '{"events":["finished"]}', b"\x00\xff", None, None, paused=False
    )


async def test_a_subscription_is_read_as_it_was_made_and_made_once(world: World) -> None:
    assert await write(world, "s1", subscription(), None)
    assert not await write(world, "s1", subscription()._replace(url="https://y"), None)

    found = await world.store.subscriptions.get(world.namespace, "s1")

    assert found is not None
    assert (found.settings(), found.revision, found.created_at) == (subscription(), 1, world.now)
    assert len(await world.store.audit.page(world.namespace)) == 1


async def test_a_change_and_a_removal_need_the_revision(world: World) -> None:
    await write(world, "s1", subscription(), None)
    changed = subscription()._replace(paused=True, old_secret=b"old", old_until=5)

    assert await write(world, "s1", changed, 1)
    assert not await write(world, "s1", subscription(), 1)
    assert not await write(world, "s1", None, 1)

    [found] = await world.store.subscriptions.page(world.namespace)
    assert (found.settings(), found.revision) == (changed, 2)
    assert world.namespace in await world.store.subscriptions.namespaces()
    assert await write(world, "s1", None, 2)
    assert await world.store.subscriptions.page(world.namespace) == []
    assert world.namespace not in await world.store.subscriptions.namespaces()


async def test_the_end_of_a_job_is_noted_where_somebody_subscribed(world: World) -> None:
    elsewhere = World(world.place, world.store, world.clock, f"{world.namespace}-b")
    await write(world, "s1", subscription(), None)
    ends = []
    for each in (world, elsewhere):
        good, bad = await each.running(labels={"team": "a"}), await each.running()
        await each.apply(
            ended(good, Ending.SUCCEEDED, each.now),
            ended(bad, Ending.FAILED, each.now, reason=Reason.NOT_RETRYABLE),
        )
        ends += [good, bad]

    found = await world.store.subscriptions.outcomes(world.namespace, 10)

    assert {(each.job_id, each.state, each.reason) for each in found} == {
        (ends[0].id, JobState.SUCCEEDED, "returned"),
        (ends[1].id, JobState.FAILED, "not_retryable"),
    }
    [labelled] = [each for each in found if each.labels]
    assert (
        labelled[1:]
        == NotedOutcome(
            0,
            ends[0].id,
            ends[0].fence,
            ends[0].definition,
            ends[0].queue,
            JobState.SUCCEEDED,
            "returned",
            {"team": "a"},
            world.now,
        )[1:]
    )
    assert await world.store.subscriptions.outcomes(elsewhere.namespace, 10) == []


async def test_what_goes_on_or_is_missed_is_not_noted(world: World) -> None:
    await write(world, "s1", subscription(), None)
    later, lost = await world.running(), await world.running()

    await world.apply(ended(later, Ending.FAILED, world.now))
    await world.apply(ended(lost._replace(fence=lost.fence + 1), Ending.SUCCEEDED, world.now))

    assert await world.store.subscriptions.outcomes(world.namespace, 10) == []


async def test_notes_are_told_in_order_and_forgotten(world: World) -> None:
    await write(world, "s1", subscription(), None)
    for _ in range(3):
        await world.apply(ended(await world.running(), Ending.SUCCEEDED, world.now))

    first = await world.store.subscriptions.outcomes(world.namespace, 2)
    await world.store.subscriptions.forget(world.namespace, [each.seq for each in first])
    rest = await world.store.subscriptions.outcomes(world.namespace, 10)

    assert [each.seq for each in first] == sorted(each.seq for each in first)
    assert (len(first), len(rest)) == (2, 1)
    assert rest[0].seq > first[-1].seq
