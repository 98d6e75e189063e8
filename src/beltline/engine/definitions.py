"""Applying the definitions of an app to the store, and reading them back as submitters need them."""

from __future__ import annotations

from collections.abc import Iterable

from beltline.core.errors import UnknownDefinition
from beltline.definitions.definition import JobDefinition, stored
from beltline.definitions.registry import Registry
from beltline.engine import graphs
from beltline.store.contract import Store
from beltline.store.params import Definition


async def apply_definitions(store: Store, namespace: str, definitions: Iterable[JobDefinition]) -> list[str]:
    """Store each definition's version, schema and policies, and a registry's workflows.

    Return the names of the definitions that changed.
    """
    rows = []
    for definition in definitions:
        text = stored(definition)
        rows.append(
            Definition(
                name=text.name,
                version=text.version,
                queue=text.queue,
                schema=text.schema,
                policies=text.policies,
                owner=text.owner,
                runbook=text.runbook,
            )
        )
    changed = await store.definitions.apply(namespace, rows, store.now()) if rows else []
    if isinstance(definitions, Registry):
        for flow in definitions.flows.values():
            await graphs.apply(store, namespace, flow.build(), flow.data())
    return changed


async def stored_definition(store: Store, namespace: str, name: str) -> Definition:
    """Return the newest version of a definition. Raises UnknownDefinition."""
    found = await store.definitions.get(namespace, name)
    if found is None:
        raise UnknownDefinition(name)
    return found
