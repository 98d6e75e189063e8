"""Replay runs: many dead letters back to work at a pace, watched, and stopped when the same error comes back.

A run is a row of the store. Any worker's upkeep takes its next step; two that try at once take it once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from beltline.core.errors import Conflict, InvalidInput, NotFound
from beltline.core.ids import Random, new_id
from beltline.core.rate import Due, Rate, due, rate_of
from beltline.engine.dead_letters import count, require_known, target_of
from beltline.store.contract import Store
from beltline.store.dead_letters import FindLetters, LetterFilter
from beltline.store.params import AuditEntry
from beltline.store.replays import (
    OPEN,
    AdvanceRun,
    MarkOutcome,
    NewRun,
    News,
    NoteRun,
    ReplayRun,
    RunState,
    StartRun,
)

BATCH: Final = 1_000
MOST_OPEN: Final = 1_000
# What upkeep is called in the audit, where nobody asked for an action.
UPKEEP: Final = "beltline"


class Verdict(NamedTuple):
    """What the news of a run amount to. `same`: a job that failed with the error it had, if any did."""

    outcomes: Sequence[tuple[str, MarkOutcome]]
    same: News | None


async def start(
    store: Store,
    namespace: str,
    where: LetterFilter,
    *,
    rate: Rate | None = None,
    stop_on_same_error: bool = False,
    actor: str,
    why: str = "",
    random: Random,
) -> ReplayRun:
    """Begin to replay the letters of a filter that are there now, and take the first step.

    Without a rate they go as fast as they can. Raises NotFound for an unknown group, InvalidInput where
    nothing could be stopped.
    """
    if stop_on_same_error and rate is None:
        raise InvalidInput(
            "to stop on the same error needs a rate, such as 50/m: without one all are replayed before"
            " the first error can come back"
        )
    await require_known(store, namespace, where)
    now = store.now()
    run = NewRun(
        id=new_id(now, random),
        fingerprint=where.fingerprint,
        definition=where.definition,
        queue=where.queue,
        labels=where.labels,
        rate="" if rate is None else str(rate),
        stop_on_same_error=stop_on_same_error,
        policy="",
        total=await count(store, namespace, where, now + 1),
        next_at=now,
        actor=actor,
        why=why,
        created_at=now,
    )
    facts = {"letters": run.total, "rate": run.rate, "stop_on_same_error": stop_on_same_error}
    entry = AuditEntry(
        actor=actor,
        action="replay_run.start",
        target=f"replay-run/{run.id}",
        reason=why,
        after=json.dumps({"where": target_of(where), **facts}, ensure_ascii=False),
    )
    await store.replays.start(StartRun(namespace=namespace, run=run, now=now, audit=(entry,)))
    begun = await fetch(store, namespace, run.id)
    await step(store, namespace, begun)
    return await fetch(store, namespace, run.id)


async def fetch(store: Store, namespace: str, run_id: str) -> ReplayRun:
    """Return a run. Raises NotFound."""
    found = await store.replays.get(namespace, run_id)
    if found is None:
        raise NotFound("replay run", run_id, "`beltline dead-letters runs --ended` lists them")
    return found


async def cancel(store: Store, namespace: str, run_id: str, *, actor: str, why: str = "") -> ReplayRun:
    """End a run: it replays no more; what it has replayed goes on. Raises NotFound, and Conflict if ended."""
    entry = AuditEntry(actor=actor, action="replay_run.cancel", target=f"replay-run/{run_id}", reason=why)
    for state in (RunState.RUNNING, RunState.WATCHING):
        params = NoteRun(
            namespace=namespace,
            run_id=run_id,
            from_state=state,
            state=RunState.CANCELLED,
            ended_by=f"cancelled by {actor}" + (f": {why}" if why else ""),
            now=store.now(),
            audit=(entry,),
        )
        if await store.replays.note(params):
            return await fetch(store, namespace, run_id)
    run = await fetch(store, namespace, run_id)
    raise Conflict(f"replay run {run_id} is {run.state.value}: it has ended")


async def tick(store: Store, namespace: str) -> bool:
    """Take the next step of each open run that a person began; return whether there is more to do at once."""
    more = False
    for run in await store.replays.page(namespace, limit=MOST_OPEN):
        if not run.policy:
            more = await step(store, namespace, run) or more
    return more


async def step(store: Store, namespace: str, run: ReplayRun) -> bool:
    """Look what came of the run, replay what is due; return whether there is more to do at once."""
    if run.state not in OPEN:
        return False
    if run.rate:
        verdict = judged(await store.replays.news(namespace, run.id, BATCH), stops=run.stop_on_same_error)
        if verdict.same is not None:
            await _stop(store, namespace, run, verdict)
            return False
        if verdict.outcomes:
            await _note(store, namespace, run, run.state, verdict.outcomes)
    if run.state is RunState.RUNNING:
        return await _replay(store, namespace, run)
    if not await store.replays.watched(namespace, run.id):
        await _note(store, namespace, run, RunState.DONE)
    return False


def judged(news: Sequence[News], *, stops: bool) -> Verdict:
    """Return what the news amount to; a job that failed and will run again counts only for stopping."""
    outcomes: list[tuple[str, MarkOutcome]] = []
    same: News | None = None
    for item in news:
        failed_alike = item.now is not None and item.now == item.fingerprint
        if failed_alike and stops and same is None:
            same = item
        if item.state == "succeeded":
            outcomes.append((item.job_id, MarkOutcome.SUCCEEDED))
        elif item.state == "dead":
            outcomes.append(
                (item.job_id, MarkOutcome.CAME_BACK if failed_alike else MarkOutcome.ENDED_OTHERWISE)
            )
        elif item.state is None or item.state == "cancelled":
            outcomes.append((item.job_id, MarkOutcome.ENDED_OTHERWISE))
    return Verdict(outcomes, same)


async def _replay(store: Store, namespace: str, run: ReplayRun) -> bool:
    now = store.now()
    allowed = due(rate_of(run.rate), run.next_at, now) if run.rate else Due(BATCH, now)
    if not allowed.number:
        return False
    where = LetterFilter(
        fingerprint=run.fingerprint, definition=run.definition, queue=run.queue, labels=run.labels
    )
    # What dies from now on is not meant: a letter that comes back is left to whoever looks at the run.
    params = FindLetters(
        namespace=namespace,
        where=where,
        until=run.created_at + 1,
        run=run.id,
        limit=min(allowed.number, BATCH),
    )
    ids = [letter.id for letter in await store.dead_letters.find(params)]
    if not ids:
        is_watched = bool(run.rate) and await store.replays.watched(namespace, run.id)
        await _note(store, namespace, run, RunState.WATCHING if is_watched else RunState.DONE)
        return False
    advance = AdvanceRun(
        namespace=namespace,
        run_id=run.id,
        next_at=run.next_at,
        then_at=allowed.next_at,
        ids=ids,
        now=now,
    )
    moved = await store.replays.advance(advance)
    return not run.rate and moved is not None


async def _stop(store: Store, namespace: str, run: ReplayRun, verdict: Verdict) -> None:
    same = verdict.same
    if same is None:
        return
    ended_by = f"job {same.job_id} failed again with the error {same.fingerprint}"
    entry = AuditEntry(actor=UPKEEP, action="replay_run.stop", target=f"replay-run/{run.id}", reason=ended_by)
    await _note(store, namespace, run, RunState.STOPPED, verdict.outcomes, ended_by=ended_by, audit=(entry,))


async def _note(
    store: Store,
    namespace: str,
    run: ReplayRun,
    state: RunState,
    outcomes: Sequence[tuple[str, MarkOutcome]] = (),
    *,
    ended_by: str = "",
    audit: Sequence[AuditEntry] = (),
) -> None:
    params = NoteRun(
        namespace=namespace,
        run_id=run.id,
        from_state=run.state,
        state=state,
        outcomes=outcomes,
        ended_by=ended_by,
        now=store.now(),
        audit=audit,
    )
    await store.replays.note(params)
