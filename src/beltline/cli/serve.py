"""`beltline serve`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from beltline.cli.command import Invocation, command, example, number_option, pass_invocation
from beltline.cli.output import note


def _networks(_: click.Context, __: click.Parameter, given: Sequence[str]) -> tuple[Any, ...]:
    import ipaddress

    try:
        return tuple(ipaddress.ip_network(each) for each in given)
    except ValueError as error:
        raise click.BadParameter(f"{error}; write a network like 10.1.0.0/16") from error


@command(
    "serve",
    epilog=example(
        """
        beltline serve
        beltline serve --store postgresql://me@localhost/jobs --host 0.0.0.0
        beltline serve --port 8443 --tls-certificate cert.pem --tls-key key.pem
        beltline serve --cors https://shop.example --rate 500
        beltline serve --oidc https://id.example beltline https://id.example/jwks.json
        """
    ),
)
@click.option("--host", metavar="HOST", default="127.0.0.1", show_default=True, help="Where to listen.")
@number_option("--port", least=0, most=65_535, default=8_000, text="Which port; 0 takes one that is free.")
@click.option("--tls-certificate", metavar="FILE", help="Serve https with this certificate.")
@click.option("--tls-key", metavar="FILE", help="The certificate's key.")
@click.option("--cors", multiple=True, metavar="ORIGIN", help="Let pages of this origin call; repeatable.")
@number_option(
    "--rate", least=1, most=1_000_000, default=5_000, text="Requests a second that one API key may make."
)
@number_option(
    "--hook-rate", least=1, most=1_000_000, default=1_000, text="Calls of webhooks a second from one address."
)
@number_option(
    "--most-queued",
    least=1,
    most=1_000_000_000,
    default=1_000_000,
    text="Jobs that may wait in a namespace; submits beyond get 429.",
)
@number_option(
    "--largest-body",
    least=1_024,
    most=1_073_741_824,
    default=8_388_608,
    text="Bytes of a request's body; more get 413.",
)
@click.option(
    "--webhook-network",
    "webhook_networks",
    multiple=True,
    metavar="CIDR",
    callback=_networks,
    help="Let deliveries of subscriptions go into this network, 10.1.0.0/16, though it is not public.",
)
@click.option(
    "--oidc",
    nargs=3,
    metavar="ISSUER AUDIENCE KEYS",
    help="Take this issuer's tokens too; KEYS is the URL or file of its JWKS.",
)
@pass_invocation
def serve(
    invocation: Invocation,
    /,
    *,
    host: str,
    port: int,
    tls_certificate: str | None,
    tls_key: str | None,
    cors: Sequence[str],
    rate: int,
    hook_rate: int,
    most_queued: int,
    largest_body: int,
    webhook_networks: tuple[Any, ...],
    oidc: tuple[str, str, str] | None,
) -> int:
    """Serve REST until stopped: every call needs an API key, on every address.

    `beltline api-key create` makes keys. The page /docs shows what is served, /openapi.json says it to
    programs. SIGTERM or Ctrl-C ends: no new requests are taken, open ones may end.
    """
    from beltline.api.settings import ServeSettings
    from beltline.serving import Listening, serve as run

    settings = ServeSettings(
        largest_body=largest_body,
        rate=rate,
        hook_rate=hook_rate,
        most_queued=most_queued,
        cors=tuple(cors),
    )
    listening = Listening(
        host=host,
        port=port,
        tls_certificate=tls_certificate,
        tls_key=tls_key,
        issuer=oidc,
        webhook_networks=webhook_networks,
    )

    def ready(url: str) -> None:
        if invocation.json:
            click.echo(f'{{"url": "{url}"}}')
        else:
            note(f"serving {url}, described at {url}/docs; `beltline api-key create` makes keys")

    return run(invocation.config(), settings, listening, ready=ready)
