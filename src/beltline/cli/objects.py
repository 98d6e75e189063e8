"""`beltline objects`."""

from __future__ import annotations

import click

from beltline.cli.command import Invocation, example, group, pass_invocation
from beltline.cli.faults import FAILED, OK
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_fields, print_json, print_table
from beltline.cli.progress import bar
from beltline.engine.reencryption import Reencryption, reencrypt
from beltline.store.contract import Store


@group("objects", epilog=example("beltline objects reencrypt --dry-run\nbeltline objects reencrypt"))
def objects() -> None:
    """See to what lies in the object store."""


@objects.command(
    "reencrypt",
    epilog=example(
        """
        beltline objects reencrypt --dry-run
        beltline objects reencrypt --limit 10000
        beltline objects reencrypt --json | jq .left
        """
    ),
)
@click.option("--dry-run", is_flag=True, help="Count what would be written; change nothing.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Write at most N objects this time.")
@pass_invocation
def renew(invocation: Invocation, /, *, dry_run: bool, limit: int | None) -> int:
    """Encrypt with the current key what another key encrypts, or none.

    The current key is the first of objects.keys; the old ones must be there too. Workers and clients may go
    on meanwhile, but each of them needs the current key before this begins. It may be broken off and begun
    again. When nothing is left, the old keys are needed no more. Exit code 1 where an object could not be
    read or written.
    """
    with bar("objects", 0, shown=not invocation.json) as shown:

        async def work(store: Store, namespace: str) -> Reencryption:
            return await reencrypt(
                store,
                namespace,
                is_dry=dry_run,
                limit=limit,
                told=lambda found: shown.at(found.current + found.renewed, found.objects),
            )

        found = with_store(invocation, work)
    if invocation.json:
        print_json(_shape(found, is_dry=dry_run))
    else:
        _print(found, is_dry=dry_run)
    return FAILED if found.failed else OK


def _shape(found: Reencryption, *, is_dry: bool) -> dict[str, object]:
    return {
        "dry_run": is_dry,
        "objects": found.objects,
        "current": found.current,
        "other_keys": {key: count for key, count in sorted(found.keys.items()) if key},
        "plain": found.keys[""],
        "reencrypted": found.renewed,
        "failed": found.failed,
        "left": found.left,
        "complete": found.is_complete,
        "problems": [{"object": name, "message": text} for name, text in found.problems],
    }


def _print(found: Reencryption, *, is_dry: bool) -> None:
    keys = [
        (f"encrypted with {key}" if key else "not encrypted", f"{count:,}")
        for key, count in sorted(found.keys.items())
    ]
    print_fields(
        [
            ("objects", f"{found.objects:,}"),
            ("encrypted with the current key", f"{found.current:,}"),
            *keys,
            *([] if is_dry else [("encrypted anew", f"{found.renewed:,}")]),
        ]
    )
    if found.problems:
        print_table(["object", "problem"], found.problems)
    if found.failed:
        note(f"{found.failed:,} objects could not be read or written: see to them and run this again")
    elif is_dry and found.left:
        note("nothing was changed: run it without --dry-run")
    elif found.is_complete:
        note("every object is encrypted with the current key: older keys are needed no more")
    else:
        note("there may be more: run it again")
