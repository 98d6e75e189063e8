"""The peers: what each is called, what it needs, and where its adapter is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Needs(StrEnum):
    """What a peer stores its jobs in."""

    POSTGRESQL = "PostgreSQL"
    SQLITE = "SQLite"
    REDIS = "Redis"
    RABBITMQ = "RabbitMQ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One row of the table.

    `environment` names the pins and the folder of its packages; empty is Beltline's own. Several peers may
    share one. `oldest_python` is what its packages ask for.
    """

    name: str
    title: str
    needs: Needs
    module: str
    environment: str = ""
    oldest_python: tuple[int, int] = (3, 11)

    @property
    def is_ours(self) -> bool:
        """Whether this is Beltline itself."""
        return not self.environment


def _peer(name: str, title: str, needs: Needs, *, module: str = "", environment: str = "") -> Peer:
    module = module or name
    return Peer(
        name=name,
        title=title,
        needs=needs,
        module=f"bench.peers.adapters.{module.replace('-', '_')}",
        environment=environment or name,
        oldest_python=(3, 12) if name == "oban" else (3, 11),
    )


OURS: Final = tuple(
    Peer(
        name=f"beltline-{needs.lower()}",
        title=f"Beltline, {needs}",
        needs=needs,
        module="bench.peers.adapters.ours",
    )
    for needs in (Needs.POSTGRESQL, Needs.SQLITE)
)

PEERS: Final = (
    _peer("pgqueuer", "pgqueuer", Needs.POSTGRESQL),
    _peer("huey-redis", "Huey, Redis", Needs.REDIS, module="huey", environment="huey"),
    _peer("huey-sqlite", "Huey, SQLite", Needs.SQLITE, module="huey", environment="huey"),
    _peer("oban", "oban", Needs.POSTGRESQL),
    _peer("procrastinate", "Procrastinate", Needs.POSTGRESQL),
    _peer("celery-redis", "Celery, Redis", Needs.REDIS, module="celery", environment="celery"),
    _peer("saq-redis", "saq, Redis", Needs.REDIS, module="saq", environment="saq"),
    _peer("saq-postgresql", "saq, PostgreSQL", Needs.POSTGRESQL, module="saq", environment="saq"),
    _peer("arq", "arq", Needs.REDIS),
    _peer("rq", "RQ", Needs.REDIS),
    _peer("dramatiq-redis", "Dramatiq, Redis", Needs.REDIS, module="dramatiq", environment="dramatiq"),
    _peer("dbos", "DBOS", Needs.POSTGRESQL),
    _peer("taskiq", "taskiq, Redis stream", Needs.REDIS),
    _peer("streaq", "streaq", Needs.REDIS),
    _peer("chancy", "chancy", Needs.POSTGRESQL),
    _peer("celery-rabbitmq", "Celery, RabbitMQ", Needs.RABBITMQ, module="celery", environment="celery"),
    _peer(
        "dramatiq-rabbitmq", "Dramatiq, RabbitMQ", Needs.RABBITMQ, module="dramatiq", environment="dramatiq"
    ),
)


def chosen(names: str) -> tuple[Peer, ...]:
    """Return the peers of a list of names with commas; `huey` means all of its kind. Empty means all.

    Beltline's own rows come first, always. Raises ValueError, which lists what is known.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    known = {name for peer in PEERS for name in (peer.name, peer.environment)}
    unknown = [name for name in wanted if name not in known and not name.startswith("beltline")]
    if unknown:
        raise ValueError(f"unknown peers {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    found = [peer for peer in PEERS if not wanted or {peer.name, peer.environment} & set(wanted)]
    return (*OURS, *found)
