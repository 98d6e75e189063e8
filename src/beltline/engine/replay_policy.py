"""Dead letters that go back to work by themselves, as their definitions say.

Each definition with such a policy has one run, which never ends by itself; a person may cancel it, and then
it stays so until the policy is another one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, cast

from beltline.core.clock import MICROS
from beltline.core.failure import read_failure
from beltline.core.rate import due
from beltline.core.replay import Replay, replay_from
from beltline.engine.replays import UPKEEP
from beltline.store.contract import Store
from beltline.store.dead_letters import FindLetters, LetterFilter, ListGroups
from beltline.store.params import AuditEntry, Definition
from beltline.store.replays import AdvanceRun, NewRun, ReplayRun, RunState, StartRun

PREFIX: Final = "auto:"
MOST_GROUPS: Final = 1_000
# Workers look every ten seconds: what a rate allows in that time goes at once.
BURST_US: Final = 12 * MICROS


async def tick(store: Store, namespace: str) -> int:
    """Replay what the definitions' policies say is due; return how many letters."""
    moved = 0
    for definition in await store.definitions.page(namespace):
        policy = policy_of(definition)
        if policy is not None:
            run = await _run_of(store, namespace, definition.name, policy)
            if run.state is RunState.RUNNING:
                moved += await _step(store, namespace, run, policy)
    return moved


def policy_of(definition: Definition) -> Replay | None:
    """Return the policy of a stored definition, if it has one."""
    policies = cast("Mapping[str, object]", json.loads(definition.policies or "{}"))
    stored = policies.get("replay")
    return None if stored is None else replay_from(cast("Mapping[str, object]", stored))


async def _run_of(store: Store, namespace: str, definition: str, policy: Replay) -> ReplayRun:
    """Return the run of a definition's policy; one that is missing, or of another policy, begins."""
    run_id = f"{PREFIX}{definition}"
    text = json.dumps(policy.stored(), sort_keys=True)
    run = await store.replays.get(namespace, run_id)
    if run is not None and run.policy == text:
        return run
    now = store.now()
    new = NewRun(
        id=run_id,
        fingerprint=None,
        definition=definition,
        queue=None,
        labels=None,
        rate=str(policy.pace),
        stop_on_same_error=False,
        policy=text,
        total=0,
        next_at=now,
        actor=UPKEEP,
        why="the definition's replay policy",
        created_at=now,
    )
    entry = AuditEntry(actor=UPKEEP, action="replay_run.start", target=f"replay-run/{run_id}", after=text)
    await store.replays.start(StartRun(namespace=namespace, run=new, now=now, audit=(entry,)))
    return cast("ReplayRun", await store.replays.get(namespace, run_id))


async def _step(store: Store, namespace: str, run: ReplayRun, policy: Replay) -> int:
    now = store.now()
    allowed = due(policy.pace, run.next_at, now, burst_us=BURST_US)
    if not allowed.number:
        return 0
    ids: list[str] = []
    for fingerprint in await _groups(store, namespace, cast("str", run.definition), policy):
        params = FindLetters(
            namespace=namespace,
            where=LetterFilter(fingerprint=fingerprint, definition=run.definition),
            until=now - policy.after_us + 1,
            run=run.id,
            times=policy.times,
            limit=allowed.number - len(ids),
        )
        ids += [letter.id for letter in await store.dead_letters.find(params)]
        if len(ids) >= allowed.number:
            break
    if not ids:
        return 0
    advance = AdvanceRun(
        namespace=namespace,
        run_id=run.id,
        next_at=run.next_at,
        then_at=allowed.next_at,
        ids=ids,
        now=now,
    )
    return len(await store.replays.advance(advance) or ())


async def _groups(store: Store, namespace: str, definition: str, policy: Replay) -> list[str]:
    """Return the groups that the policy means: equal fingerprints have errors of one type."""
    params = ListGroups(namespace=namespace, definition=definition, limit=MOST_GROUPS)
    page = await store.dead_letters.groups(params)
    return [
        group.fingerprint
        for group in page.items
        if policy.means(read_failure(group.error), group.reason or "")
    ]
