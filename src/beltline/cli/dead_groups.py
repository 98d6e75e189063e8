"""`beltline dead-letters groups`, `show-group`, `note` and `own`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import click

from beltline.cli.command import Invocation, actor, command, example, number_option, pass_invocation
from beltline.cli.dead_shapes import GROUP_COLUMNS, group_row, group_shape
from beltline.cli.listing import LARGEST_PAGE
from beltline.cli.opened import with_store
from beltline.cli.output import heading, note, print_fields, print_json, print_list, print_table
from beltline.cli.text import age, clean, stamp
from beltline.core.failure import read_failure
from beltline.engine import dead_letters
from beltline.store.contract import Store
from beltline.store.dead_letters import DeadGroup, GroupCursor, GroupPage, ListGroups


@command(
    "groups",
    epilog=example(
        "beltline dead-letters groups\nbeltline dead-letters groups --definition thumbnail --json"
    ),
)
@click.option("--definition", metavar="NAME", help="Only letters of this job definition.")
@click.option("--owner", metavar="NAME", help="Only groups of this owner.")
@number_option("--limit", least=1, most=LARGEST_PAGE, default=50, text="At most so many.")
@click.option("--before", metavar="CURSOR", help="The page after the one that printed this cursor.")
@pass_invocation
def groups(
    invocation: Invocation, *, definition: str | None, owner: str | None, limit: int, before: str | None
) -> None:
    """List dead letters by what went wrong: equal errors are one group, the newest first."""
    cursor = _cursor(before)

    async def read(store: Store, namespace: str) -> tuple[GroupPage, int]:
        params = ListGroups(
            namespace=namespace, definition=definition, owner=owner, before=cursor, limit=limit
        )
        return await store.dead_letters.groups(params), store.now()

    page, now = with_store(invocation, read)
    after = None if page.next is None else f"{page.next.last_at}-{page.next.fingerprint}"
    if invocation.json:
        print_list([group_shape(group) for group in page.items], total=page.total, cursor=after)
        return
    print_table(GROUP_COLUMNS, [group_row(group, now) for group in page.items], empty="no dead letters")
    if after:
        note(f"{len(page.items)} of {page.total:,}; go on with --before {after}")


@command("show-group", epilog=example("beltline dead-letters show-group 3f9a0c11d2be"))
@click.argument("fingerprint", metavar="GROUP")
@pass_invocation
def show_group(invocation: Invocation, fingerprint: str) -> None:
    """Show a group: how many letters since when, of which versions, what people said, an example's error."""
    _show(invocation, lambda store, namespace: dead_letters.group(store, namespace, fingerprint))


@command(
    "own",
    epilog=example(
        'beltline dead-letters own 3f9a0c11d2be payments\nbeltline dead-letters own 3f9a0c11d2be ""'
    ),
)
@click.argument("fingerprint", metavar="GROUP")
@click.argument("owner")
@pass_invocation
def own(invocation: Invocation, fingerprint: str, owner: str) -> None:
    """Say who takes care of a group; it stays said when the letters are gone. An empty name takes it back."""
    _show(
        invocation,
        lambda store, namespace: dead_letters.triage(
            store, namespace, fingerprint, owner=owner, actor=actor()
        ),
    )


@command(
    "note",
    epilog=example("beltline dead-letters note 3f9a0c11d2be 'the bank is down until six; replay then'"),
)
@click.argument("fingerprint", metavar="GROUP")
@click.argument("text")
@pass_invocation
def write_note(invocation: Invocation, fingerprint: str, text: str) -> None:
    """Keep what is known of a group, for whoever looks next; it stays when the letters are gone.

    It takes the place of an earlier note; an empty text takes it away.
    """
    _show(
        invocation,
        lambda store, namespace: dead_letters.triage(store, namespace, fingerprint, note=text, actor=actor()),
    )


def _show(invocation: Invocation, work: Callable[[Store, str], Awaitable[DeadGroup]]) -> None:
    async def read(store: Store, namespace: str) -> tuple[DeadGroup, int]:
        return await work(store, namespace), store.now()

    group, now = with_store(invocation, read)
    if invocation.json:
        print_json(group_shape(group))
        return
    print_fields([(name, value) for name, value in _facts(group, now) if value])
    error = read_failure(group.error)
    if error is not None:
        heading(f"Example {group.example}")
        click.echo(clean(error["trace"] or f"{error['type']}: {error['message']}").rstrip())


def _facts(group: DeadGroup, now: int) -> list[tuple[str, str]]:
    owned = f"{group.owner} (said by {group.owned_by} {age(group.owned_at, now)})"
    noted = f"{group.note} ({group.noted_by} {age(group.noted_at, now)})"
    return [
        ("group", group.fingerprint),
        ("letters", f"{group.letters:,}"),
        ("first seen", f"{stamp(group.first_at)} ({age(group.first_at, now)})" if group.first_at else ""),
        ("last seen", f"{stamp(group.last_at)} ({age(group.last_at, now)})" if group.last_at else ""),
        ("definitions", ", ".join(group.definitions)),
        ("versions", ", ".join(group.versions)),
        ("reason", group.reason or ""),
        ("owner", owned if group.owner else ""),
        ("note", noted if group.note else ""),
    ]


def _cursor(text: str | None) -> GroupCursor | None:
    if text is None:
        return None
    last_at, dash, fingerprint = text.partition("-")
    if not dash or not last_at.isdecimal() or not fingerprint:
        raise click.BadParameter(f"{text!r} is not a cursor that a page printed", param_hint="--before")
    return GroupCursor(int(last_at), fingerprint)
