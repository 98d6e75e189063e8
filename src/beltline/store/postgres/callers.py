"""Writing inside the caller's own transaction, whether asyncpg, psycopg or SQLAlchemy holds it."""

from __future__ import annotations

import inspect
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from beltline.core.errors import BeltlineError, InvalidInput, StoreError
from beltline.core.job import NewJob
from beltline.store.caller import require_loop
from beltline.store.hints import hints_of
from beltline.store.params import Inserted, Insertion, InsertJobs
from beltline.store.postgres.address import Address
from beltline.store.postgres.inserts import locks_of
from beltline.store.rows import labels_text

Caller: TypeAlias = Any


async def insert_with(conn: object, address: Address, statement: str, params: InsertJobs) -> list[Inserted]:
    """Run the one statement that stores jobs, on the caller's connection."""
    answer = await run_with(conn, address, statement, _argument(address, params))
    return [Inserted(job_id, Insertion(outcome)) for job_id, outcome in json.loads(answer)]


async def run_with(conn: object, address: Address, statement: str, argument: str) -> str:
    """Run a statement of one argument on the caller's connection and return the one text it gives."""
    text = statement.replace("{schema}", address.schema)
    try:
        return await _run(conn, text, argument)
    except BeltlineError:
        raise
    except Exception as error:
        raise StoreError(
            f"the connection given as `conn=` could not write in the schema {address.schema!r}: {error};"
            " give one to the store's own database"
        ) from error


async def execute(conn: object, address: Address, text: str) -> None:
    """Run a statement without arguments and answers on the caller's connection."""
    caller: Caller = conn
    kind = type(conn).__module__.partition(".")[0]
    if kind == "asyncpg" or inspect.iscoroutinefunction(getattr(conn, "execute", None)):
        require_loop(conn)
    if kind == "sqlalchemy":
        import sqlalchemy  # noqa: PLC0415 - only a caller who has it gets here

        statement: Caller = sqlalchemy.text(text)
    elif kind in {"asyncpg", "psycopg"}:
        statement = text
    else:
        raise _foreign(conn)
    try:
        await _settled(caller.execute(statement))
    except Exception as error:
        raise StoreError(
            f"the connection given as `conn=` could not run {text!r} in the schema {address.schema!r}:"
            f" {error}; give one with an open transaction"
        ) from error


async def _run(conn: Caller, text: str, argument: str) -> str:
    kind = type(conn).__module__.partition(".")[0]
    if kind == "asyncpg" or inspect.iscoroutinefunction(getattr(conn, "execute", None)):
        require_loop(conn)
    if kind == "asyncpg":
        return cast("str", await conn.fetchval(text.replace("{argument}", "$1"), argument))
    if kind == "psycopg":
        cursor = await _settled(conn.execute(text.replace("{argument}", "%s"), (argument,)))
        row = await _settled(cursor.fetchone())
        return cast("str", next(iter(row.values())) if isinstance(row, Mapping) else row[0])
    if kind == "sqlalchemy":
        import sqlalchemy  # noqa: PLC0415 - only a caller who has it gets here

        query = sqlalchemy.text(text.replace("{argument}", "CAST(:argument AS text)"))
        result = await _settled(conn.execute(query, {"argument": argument}))
        return cast("str", result.scalar_one())
    raise _foreign(conn)


def _foreign(conn: object) -> InvalidInput:
    return InvalidInput(
        f"`conn=` is a {type(conn).__qualname__}; give a connection of asyncpg, psycopg 3 or SQLAlchemy"
    )


async def _settled(value: Any) -> Any:  # noqa: ANN401 - the same call of a driver's two forms
    return await value if inspect.isawaitable(value) else value


def _argument(address: Address, params: InsertJobs) -> str:
    hints = hints_of({job.state for job in params.jobs})
    return json.dumps(
        {
            "namespace": params.namespace,
            "now": params.now,
            "all_or_none": params.all_or_none,
            "locks": locks_of(address, params.namespace, params.jobs) if _known(params) else [],
            "channel": address.channel(params.namespace),
            "hint": hints[0].value if hints else None,
            "jobs": [_job(job) for job in params.jobs],
        },
        ensure_ascii=False,
    )


def _known(params: InsertJobs) -> bool:
    return any(job.idempotency_key is not None or job.chosen_id for job in params.jobs)


def _job(job: NewJob) -> dict[str, object]:
    return job._asdict() | {
        "payload": b64encode(job.payload).decode(),
        "payload_hash": b64encode(job.payload_hash).decode(),
        "labels": labels_text(job.labels),
    }
