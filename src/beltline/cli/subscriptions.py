"""`beltline subscriptions`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from beltline.cli.command import Invocation, actor, example, group, labels_of, pass_invocation, why_option
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_json, print_list, print_table
from beltline.cli.text import age
from beltline.core.subscription import EVENTS, FINISHED, Interest, interest_of, shown_secret
from beltline.engine import subscriptions as engine
from beltline.store.contract import Store
from beltline.store.subscriptions import StoredSubscription
from beltline.wire.shapes import subscription_shape


@group(
    "subscriptions",
    epilog=example(
        """
        beltline subscriptions create https://shop.example/hooks --event failed --secret env:SHOP_HOOK_SECRET
        beltline subscriptions ls
        beltline subscriptions test 06f2k9…
        beltline jobs ls --label subscription=06f2k9…
        """
    ),
)
def subscriptions() -> None:
    """Tell URLs of the outcomes of jobs, in signed webhooks that `beltline serve` delivers."""


@subscriptions.command(
    "create", epilog=example("beltline subscriptions create https://shop.example/hooks --event succeeded")
)
@click.argument("url")
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice(EVENTS),
    default=(FINISHED,),
    show_default=True,
    help="A final state; finished is any of them; repeatable.",
)
@click.option("--definition", metavar="NAME", help="Only jobs of this definition.")
@click.option("--queue", metavar="NAME", help="Only jobs of this queue.")
@click.option("--label", "labels", multiple=True, metavar="NAME=VALUE", help="Only jobs with this label.")
@click.option(
    "--secret", metavar="PLACE", help="Where the secret lies, env:NAME or file:/path; else one is drawn."
)
@why_option
@pass_invocation
def create(
    invocation: Invocation,
    /,
    *,
    url: str,
    events: Sequence[str],
    definition: str | None,
    queue: str | None,
    labels: Sequence[str],
    secret: str | None,
    why: str,
) -> None:
    """Tell URL of outcomes from now on.

    A secret that is drawn is printed, and nobody can read it again. Better: --secret says where it lies on
    each machine that runs `beltline serve`; then the store does not hold it.
    """
    from beltline.app import chance

    interest = Interest(
        events=tuple(dict.fromkeys(events)), definition=definition, queue=queue, labels=labels_of(labels)
    )

    async def make(store: Store, namespace: str) -> tuple[engine.MadeSubscription, int]:
        made = await engine.subscribe(
            store, namespace, url, interest, actor=actor(), random=chance(), secret=secret, why=why
        )
        return made, store.now()

    _print_made(invocation, *with_store(invocation, make))


@subscriptions.command("ls", epilog=example("beltline subscriptions ls --json"))
@pass_invocation
def ls(invocation: Invocation) -> None:
    """List the subscriptions of the namespace, oldest first."""

    async def read(store: Store, namespace: str) -> tuple[list[StoredSubscription], int]:
        return await store.subscriptions.page(namespace), store.now()

    found, now = with_store(invocation, read)
    if invocation.json:
        print_list([subscription_shape(row, now) for row in found])
        return
    columns = ["id", "url", "events", "of", "state", "created"]
    print_table(columns, [_row(row, now) for row in found], empty="no subscriptions yet")


@subscriptions.command("test", epilog=example("beltline subscriptions test 06f2k9…"))
@click.argument("subscription_id", metavar="ID")
@pass_invocation
def test(invocation: Invocation, subscription_id: str) -> None:
    """Deliver an event of type test; its job says how that went."""
    from beltline.app import chance

    async def deliver(store: Store, namespace: str) -> str:
        return await engine.deliver_test(store, namespace, subscription_id, random=chance())

    job_id = with_store(invocation, deliver)
    if invocation.json:
        print_json({"job": job_id})
    else:
        click.echo(job_id)
        note(f"`beltline serve` delivers it; see: beltline jobs show {job_id}")


@subscriptions.command("rotate", epilog=example("beltline subscriptions rotate 06f2k9… --overlap 7d"))
@click.argument("subscription_id", metavar="ID")
@click.option(
    "--overlap", metavar="TIME", default="24h", show_default=True, help="How long the old secret still signs."
)
@click.option(
    "--secret", metavar="PLACE", help="Where the secret lies, env:NAME or file:/path; else one is drawn."
)
@pass_invocation
def rotate(invocation: Invocation, subscription_id: str, *, overlap: str, secret: str | None) -> None:
    """Take a new secret; the old one signs beside it for a while."""
    from beltline.app import chance

    async def make(store: Store, namespace: str) -> tuple[engine.MadeSubscription, int]:
        made = await engine.rotate(
            store,
            namespace,
            subscription_id,
            actor=actor(),
            random=chance(),
            secret=secret,
            overlap=overlap,
        )
        return made, store.now()

    _print_made(invocation, *with_store(invocation, make))


@subscriptions.command("pause", epilog=example("beltline subscriptions pause 06f2k9…"))
@click.argument("subscription_id", metavar="ID")
@why_option
@pass_invocation
def pause(invocation: Invocation, subscription_id: str, *, why: str) -> None:
    """Tell nothing for now; what ends meanwhile is not told later."""
    _set_paused(invocation, subscription_id, paused=True, why=why)


@subscriptions.command("resume", epilog=example("beltline subscriptions resume 06f2k9…"))
@click.argument("subscription_id", metavar="ID")
@why_option
@pass_invocation
def resume(invocation: Invocation, subscription_id: str, *, why: str) -> None:
    """Tell again."""
    _set_paused(invocation, subscription_id, paused=False, why=why)


@subscriptions.command("delete", epilog=example("beltline subscriptions delete 06f2k9…"))
@click.argument("subscription_id", metavar="ID")
@why_option
@pass_invocation
def delete(invocation: Invocation, subscription_id: str, *, why: str) -> None:
    """Tell no more; deliveries under way are cancelled."""

    async def end(store: Store, namespace: str) -> tuple[StoredSubscription, int]:
        row = await engine.unsubscribe(store, namespace, subscription_id, actor=actor(), why=why)
        return row, store.now()

    _print_row(invocation, *with_store(invocation, end), what="removed")


def _set_paused(invocation: Invocation, subscription_id: str, *, paused: bool, why: str) -> None:
    async def write(store: Store, namespace: str) -> tuple[StoredSubscription, int]:
        row = await engine.set_paused(
            store, namespace, subscription_id, paused=paused, actor=actor(), why=why
        )
        return row, store.now()

    _print_row(invocation, *with_store(invocation, write), what="paused" if paused else "active")


def _print_row(invocation: Invocation, row: StoredSubscription, now: int, *, what: str) -> None:
    if invocation.json:
        print_json(subscription_shape(row, now))
    else:
        note(f"subscription {row.id} is {what}")


def _print_made(invocation: Invocation, made: engine.MadeSubscription, now: int) -> None:
    secret = None if made.secret is None else shown_secret(made.secret)
    shape = subscription_shape(made.subscription, now)
    if invocation.json:
        print_json(shape if secret is None else {**shape, "secret": secret})
    elif secret is None:
        click.echo(made.subscription.id)
        note(f"signed with the secret at {shape['secret_at']}, on each machine that runs `beltline serve`")
    else:
        click.echo(secret)
        note(f"subscription {made.subscription.id}; the secret is shown this once")


def _row(row: StoredSubscription, now: int) -> tuple[str, ...]:
    interest = interest_of(row.spec)
    labels = (f"{name}={value}" for name, value in (interest.labels or {}).items())
    of = " ".join(filter(None, (interest.definition, interest.queue, *labels))) or "all"
    state = "paused" if row.paused else "active"
    return (row.id, row.url, ",".join(interest.events), of, state, age(row.created_at, now))
