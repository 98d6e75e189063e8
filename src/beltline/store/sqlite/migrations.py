"""Bringing the file's schema up to date, once, whoever opens it first."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Final

from beltline.core.codec import payload_hash
from beltline.core.errors import SchemaOutdated
from beltline.objects.reference import is_reference, reference_of
from beltline.store.sqlite.transaction import Connection, Transaction
from beltline.store.statements import Migration, load_migrations, pending

MIGRATIONS: Final = load_migrations("beltline.store.sqlite")


def migrate(connection: sqlite3.Connection, *, allowed: bool, url: str, now: int) -> None:
    """Apply what is missing in one transaction; the caller holds the file's lock.

    The write transaction is begun even where nothing is missing: a file that cannot be written is found so.
    Raises SchemaOutdated where something is missing and may not be applied, SchemaTooNew as `pending` does.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        missing = pending(MIGRATIONS, applied(connection))
        _permit(missing, allowed=allowed, url=url)
        transaction = Transaction(connection)
        if missing:
            connection.create_function("payload_hash_of", 1, _payload_hash_of, deterministic=True)
            transaction.run("migrations_table")
        for step in missing:
            for statement in _split(step.sql):
                connection.execute(statement)
            transaction.run("migrations_note", (step.number, step.name, step.checksum, step.breaking, now))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def applied(connection: Connection) -> Mapping[int, bool]:
    """Return the applied migrations: number to breaking."""
    transaction = Transaction(connection)
    if not transaction.value("migrations_exist"):
        return {}
    return {number: bool(breaking) for number, breaking in transaction.run("migrations_applied")}


def _permit(missing: tuple[Migration, ...], *, allowed: bool, url: str) -> None:
    if missing and not allowed:
        raise SchemaOutdated(
            f"the schema of {url} is older than this Beltline; run: beltline db migrate --store {url}"
        )


def _payload_hash_of(payload: bytes) -> bytes:
    """Return what a stored payload is compared by: a reference names the hash of its content."""
    if is_reference(payload):
        return bytes.fromhex(reference_of(payload).sha256)[:16]
    return payload_hash(payload)


def _split(script: str) -> Iterator[str]:
    """Yield the statements of a script one by one: executescript would commit the transaction around them."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
