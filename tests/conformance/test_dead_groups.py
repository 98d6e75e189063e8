"""`dead_letters`: groups, what people say of them, the letters of a filter, and mending one."""

from __future__ import annotations

import pytest

from beltline.core.failure import failure
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.store.dead_letters import (
    EditDead,
    GroupCursor,
    LetterFilter,
    ListGroups,
    TriageGroup,
)
from beltline.store.params import AuditEntry, DiscardDead, ReplayDead
from tests.conformance.builders import change_to
from tests.conformance.letters import REFUSED, TIMED_OUT, die, die_again, found, groups, print_of
from tests.conformance.world import World

ENTRY = AuditEntry(actor="ann", action="dead_group.note", target="dead-letters/x")


async def triage(world: World, fingerprint: str, **said: str) -> bool:
    params = TriageGroup(
        namespace=world.namespace, fingerprint=fingerprint, actor="ann", now=world.now, audit=[ENTRY], **said
    )
    return await world.store.dead_letters.triage(params)


async def edit(world: World, job_id: str, fence: int, payload: bytes = b"{}") -> bool:
    params = EditDead(
        namespace=world.namespace, id=job_id, fence=fence, payload=payload, now=world.now, audit=[ENTRY]
    )
    return await world.store.dead_letters.edit(params)


async def audited(world: World) -> int:
    return len(await world.store.audit.page(world.namespace))


async def test_letters_of_one_fingerprint_are_one_group(world: World) -> None:
    first = await die(world, TIMED_OUT, definition="pay", version="v1")
    await die(world, failure("TimeoutError", "no answer in 70 s", place="shop.pay"), definition="refund")
    last = await die(world, TIMED_OUT, definition="pay", version="v2")
    other = await die(world, REFUSED, definition="pay", version="v2")

    newest, oldest = await groups(world)

    assert (newest.fingerprint, newest.letters, newest.example) == (print_of(REFUSED), 1, other.id)
    assert (oldest.fingerprint, oldest.letters) == (print_of(TIMED_OUT), 3)
    assert (oldest.first_at, oldest.last_at) == (first.finished_at, last.finished_at)
    assert oldest.versions == ("h0123456789ab", "v1", "v2")
    assert oldest.definitions == ("pay", "refund")
    assert (oldest.example, oldest.error, oldest.reason) == (last.id, TIMED_OUT, Reason.ATTEMPTS_EXHAUSTED)
    assert (oldest.owner, oldest.owned_at, oldest.note, oldest.noted_at) == ("", None, "", None)
    assert await world.store.dead_letters.group(world.namespace, oldest.fingerprint) == oldest


async def test_letters_without_a_fingerprint_are_the_group_of_their_reason(world: World) -> None:
    waiting = await world.bring(JobState.QUEUED, deadline_at=world.now)
    change = change_to(waiting, JobState.TIMED_OUT, world.now, reason=Reason.DEADLINE_PASSED, error=None)
    assert not await world.apply(change)
    await die(world, b'{"message":"foreign"}')

    assert {group.fingerprint for group in await groups(world)} == {"deadline_passed", "attempts_exhausted"}


async def test_a_text_that_looks_like_a_fingerprint_is_none(world: World) -> None:
    error = failure("E", 'it said "fingerprint":"aaaaaaaaaaaa"')

    await die(world, error)

    assert [group.fingerprint for group in await groups(world)] == [print_of(error)]


async def test_groups_are_filtered_by_definition_and_owner(world: World) -> None:
    await die(world, TIMED_OUT, definition="pay")
    newest = await die(world, TIMED_OUT, definition="refund")
    await die(world, REFUSED, definition="mail")
    await triage(world, print_of(REFUSED), owner="mail team")

    (of_pay,) = await groups(world, definition="pay")

    assert (of_pay.letters, of_pay.definitions) == (1, ("pay",))
    assert of_pay.example != newest.id
    assert [group.fingerprint for group in await groups(world, owner="mail team")] == [print_of(REFUSED)]


async def test_pages_of_groups_lead_through_all_of_them(world: World) -> None:
    errors = [failure("E", word) for word in ("one", "two", "three", "four", "five")]
    for error in errors:
        await die(world, error)
    seen: list[str] = []
    before: GroupCursor | None = None

    while True:
        params = ListGroups(namespace=world.namespace, before=before, limit=2)
        page = await world.store.dead_letters.groups(params)
        assert page.total == 5
        seen += [group.fingerprint for group in page.items]
        before = page.next
        if before is None:
            break

    assert seen == [print_of(error) for error in reversed(errors)]


async def test_another_namespace_has_groups_of_its_own(world: World) -> None:
    await die(world, TIMED_OUT)

    page = await world.store.dead_letters.groups(ListGroups(namespace="elsewhere"))

    assert (page.items, page.total) == ([], 0)
    assert await world.store.dead_letters.group("elsewhere", print_of(TIMED_OUT)) is None


async def test_what_is_said_of_a_group_names_who_and_when(world: World) -> None:
    await die(world, TIMED_OUT)
    here = print_of(TIMED_OUT)

    assert await triage(world, here, owner="payments")
    owned_at = world.now
    world.clock.advance(5)
    assert await triage(world, here, note="the bank is down")

    (group,) = await groups(world)
    assert (group.owner, group.owned_by, group.owned_at) == ("payments", "ann", owned_at)
    assert (group.note, group.noted_by, group.noted_at) == ("the bank is down", "ann", world.now)
    assert await audited(world) == 2


async def test_nothing_is_said_of_an_unknown_group(world: World) -> None:
    assert not await triage(world, "0123456789ab", note="?")

    assert await audited(world) == 0
    assert await world.store.dead_letters.group(world.namespace, "0123456789ab") is None


@pytest.mark.parametrize("verb", ["replay", "discard"])
async def test_what_is_known_of_a_group_outlives_its_letters(world: World, verb: str) -> None:
    first = await die(world, TIMED_OUT)
    here = print_of(TIMED_OUT)
    await triage(world, here, note="look at the bank")
    if verb == "replay":
        params = ReplayDead(namespace=world.namespace, ids=[first.id], now=world.now)
        await world.store.jobs.replay(params)
    else:
        await world.store.jobs.discard(DiscardDead(namespace=world.namespace, ids=[first.id], now=world.now))

    assert await groups(world) == []
    gone = await world.store.dead_letters.group(world.namespace, here)
    assert gone is not None
    assert (gone.letters, gone.example, gone.note) == (0, None, "look at the bank")
    assert (gone.first_at, gone.last_at) == (first.finished_at, first.finished_at)
    assert await triage(world, here, owner="payments")

    if verb == "replay":
        await die_again(world, TIMED_OUT)
    else:
        await die(world, TIMED_OUT)
    (again,) = await groups(world)
    assert (again.letters, again.note, again.owner) == (1, "look at the bank", "payments")
    assert (again.first_at, again.last_at) == (first.finished_at, world.now)


async def test_letters_are_found_oldest_first_by_every_part_of_a_filter(world: World) -> None:
    labels = {"customer": "7", "odd": "\u0000"}
    one = await die(world, TIMED_OUT, definition="pay", queue="fast", labels=labels)
    two = await die(world, REFUSED, definition="pay", queue="slow")
    three = await die(world, TIMED_OUT, definition="mail", queue="fast")

    for where, expected in (
        (LetterFilter(), [one, two, three]),
        (LetterFilter(fingerprint=print_of(TIMED_OUT)), [one, three]),
        (LetterFilter(definition="pay"), [one, two]),
        (LetterFilter(queue="fast"), [one, three]),
        (LetterFilter(labels={"customer": "7"}), [one]),
        (LetterFilter(fingerprint=print_of(TIMED_OUT), labels={"customer": "8"}), []),
        (LetterFilter(fingerprint=print_of(TIMED_OUT), definition="mail", queue="fast"), [three]),
    ):
        assert await found(world, where) == [job.id for job in expected], where
    assert await found(world, until=two.finished_at or 0) == [one.id]
    assert await found(world, limit=1) == [one.id]
    assert await found(world, after=(one.finished_at or 0, one.id)) == [two.id, three.id]


async def test_a_discarded_letter_is_not_found(world: World) -> None:
    letter = await die(world, TIMED_OUT)
    await world.store.jobs.discard(DiscardDead(namespace=world.namespace, ids=[letter.id], now=world.now))

    assert await found(world) == []
    assert await found(world, LetterFilter(fingerprint=print_of(TIMED_OUT))) == []


async def test_an_edited_letter_has_the_new_payload_and_is_the_same_job(world: World) -> None:
    before = await die(world, TIMED_OUT)

    assert await edit(world, before.id, before.fence, b'{"width":1}')

    assert await world.job(before.id) == before._replace(payload=b'{"width":1}')
    assert await audited(world) == 1


async def test_what_is_no_such_letter_any_more_is_not_edited(world: World) -> None:
    letter = await die(world, TIMED_OUT)
    gone = await die(world, TIMED_OUT)
    await world.store.jobs.discard(DiscardDead(namespace=world.namespace, ids=[gone.id], now=world.now))
    queued = await world.bring(JobState.QUEUED)

    assert not await edit(world, letter.id, letter.fence + 1)
    assert not await edit(world, gone.id, gone.fence)
    assert not await edit(world, queued.id, queued.fence)

    assert (await world.job(letter.id)).payload == letter.payload
    assert await audited(world) == 0


async def test_old_words_about_a_group_without_letters_are_removed(world: World) -> None:
    letter = await die(world, TIMED_OUT)
    await triage(world, print_of(TIMED_OUT), note="old")
    await die(world, REFUSED)
    await triage(world, print_of(REFUSED), note="still true")
    await world.store.jobs.discard(DiscardDead(namespace=world.namespace, ids=[letter.id], now=world.now))
    world.clock.advance(10)

    early = await world.store.dead_letters.prune(world.namespace, letter.finished_at or 0, 100)
    gone = await world.store.dead_letters.prune(world.namespace, world.now, 100)

    assert (early["groups"], gone["groups"]) == (0, 1)
    assert await world.store.dead_letters.group(world.namespace, print_of(TIMED_OUT)) is None
    assert (await groups(world))[0].note == "still true"
