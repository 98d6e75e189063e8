"""`beltline queues`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import click

from beltline.cli.command import Invocation, actor, example, group, pass_invocation, why_option
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_list, print_table
from beltline.cli.text import age
from beltline.core.states import DEAD, JobState
from beltline.engine import control
from beltline.store.contract import Store
from beltline.store.params import QueueInfo, StateCount
from beltline.wire.shapes import queue_shape, states_of

_LATER = (JobState.WAITING, JobState.SCHEDULED, JobState.RETRYING, JobState.PAUSED)


@group("queues", epilog=example("beltline queues ls\nbeltline queues pause images --why 'disk is full'"))
def queues() -> None:
    """List, pause and resume queues."""


@queues.command("ls", epilog=example("beltline queues ls --json"))
@pass_invocation
def ls(invocation: Invocation) -> None:
    """List the queues with what waits in them."""
    found, counts, now = with_store(invocation, _read)
    if invocation.json:
        print_list([queue_shape(queue, counts) for queue in found])
        return
    columns = ["queue", "state", "queued", "running", "later", "dead", "oldest queued"]
    print_table(
        columns,
        [_row(queue, counts, now) for queue in found],
        empty="no queues: `beltline submit` fills one, which is listed until its jobs are final",
    )


def _action(name: str, *, paused: bool, text: str) -> None:
    """Make the command that pauses or resumes queues."""

    @queues.command(name, help=text, epilog=example(f"beltline queues {name} images mails"))
    @click.argument("names", metavar="QUEUE...", nargs=-1, required=True)
    @why_option
    @pass_invocation
    def act(invocation: Invocation, names: Sequence[str], why: str) -> None:
        for queue in names:
            control.require_queue_name(queue)
        found, counts, _ = with_store(invocation, _setting(names, paused=paused, why=why))
        if invocation.json:
            print_list([queue_shape(queue, counts) for queue in found if queue.name in names])
        else:
            for queue in names:
                note(f"queue {queue} is {'paused' if paused else 'active'}")


def _setting(
    names: Sequence[str], *, paused: bool, why: str
) -> Callable[[Store, str], Awaitable[tuple[list[QueueInfo], list[StateCount], int]]]:
    async def work(store: Store, namespace: str) -> tuple[list[QueueInfo], list[StateCount], int]:
        for queue in dict.fromkeys(names):
            await control.pause_queue(store, namespace, queue, paused=paused, actor=actor(), why=why)
        return await _read(store, namespace)

    return work


async def _read(store: Store, namespace: str) -> tuple[list[QueueInfo], list[StateCount], int]:
    return await store.queues.page(namespace), await store.reads.counts(namespace), store.now()


def _row(queue: QueueInfo, counts: Sequence[StateCount], now: int) -> tuple[str, ...]:
    states: Mapping[JobState, int] = states_of(queue.name, counts)
    later = sum(states.get(state, 0) for state in _LATER)
    dead = sum(states.get(state, 0) for state in DEAD)
    numbers = (f"{number:,}" for number in (queue.queued, queue.running, later, dead))
    return (queue.name, "paused" if queue.paused else "active", *numbers, age(queue.oldest_queued_at, now))


_action("pause", paused=True, text="Stop handing out the jobs of queues; running ones go on.")
_action("resume", paused=False, text="Hand out the jobs of queues again.")
