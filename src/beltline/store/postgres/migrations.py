"""Bringing the schema up to date, once, whoever opens it first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from beltline.core.errors import SchemaOutdated, Unsupported
from beltline.store.postgres.address import Address
from beltline.store.postgres.connection import Pool, Statements
from beltline.store.statements import Migration, load_migrations, pending

MIGRATIONS: Final = load_migrations("beltline.store.postgres")
OLDEST_SERVER: Final = 15


async def prepare(pool: Pool, *, migrate: bool | None) -> None:
    """Check the server and the schema, and apply what is missing where that is allowed.

    None allows it for a schema without our tables. Raises Unsupported, SchemaOutdated or SchemaTooNew.
    """
    shown = pool.address.shown
    missing, empty = await pool.transaction(lambda statements: _look(statements, pool.address))
    if not missing:
        return
    if migrate is False or (migrate is None and not empty):
        raise SchemaOutdated(
            f"the schema of {shown} is older than this Beltline; run: beltline db migrate --store {shown}"
        )
    await pool.transaction(lambda statements: _apply(statements, pool.address))


async def applied(statements: Statements, address: Address) -> tuple[Mapping[int, bool], bool]:
    """Return the applied migrations (number to breaking), and whether the schema is without our tables."""
    encoding, _, present = (await statements.rows("schema_facts", address.schema))[0]
    version = statements.raw.get_server_version().major
    if version < OLDEST_SERVER:
        raise Unsupported(f"{address.shown} is PostgreSQL {version}; Beltline needs {OLDEST_SERVER} or newer")
    if encoding != "UTF8":
        raise Unsupported(f"{address.shown} stores text as {encoding}; make a database with ENCODING 'UTF8'")
    if not present:
        return {}, True
    rows = await statements.rows("migrations_applied")
    return {row[0]: row[1] for row in rows}, False


async def _look(statements: Statements, address: Address) -> tuple[tuple[Migration, ...], bool]:
    done, empty = await applied(statements, address)
    return pending(MIGRATIONS, done), empty


async def _apply(statements: Statements, address: Address) -> None:
    # Racing openers wait here; whoever comes second finds nothing missing.
    await statements.value("lock", address.number("migrations"))
    _, exists, _ = (await statements.rows("schema_facts", address.schema))[0]
    if not exists:
        await statements.raw.execute(await statements.value("schema_create", address.schema))
    missing, _ = await _look(statements, address)
    if missing:
        await statements.run("migrations_table")
    for step in missing:
        await statements.raw.execute(step.sql)
        await statements.run("migrations_note", step.number, step.name, step.checksum, step.breaking)
