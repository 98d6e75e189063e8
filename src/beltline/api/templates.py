"""What stored definitions say of their jobs, remembered for a second."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

from beltline.core.clock import MICROS, Clock
from beltline.core.decide import Policy
from beltline.core.errors import UnknownDefinition
from beltline.definitions.stored import StoredSchema
from beltline.engine.definitions import stored_definition
from beltline.engine.template import Template, stored_policy, stored_template
from beltline.store.contract import Store

REMEMBERED_US: Final = MICROS
_MOST_REMEMBERED: Final = 1_000


class Known(NamedTuple):
    """A definition ready for submits."""

    template: Template
    schema: StoredSchema
    schema_text: str
    policy: Policy


class Templates:
    """Finds definitions by namespace and name; a schema is compiled once as long as it stays."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: OrderedDict[tuple[str, str], tuple[Known, int]] = OrderedDict()

    async def of(self, namespace: str, name: str) -> Known:
        """Return a definition. Raises UnknownDefinition."""
        now = self._clock.monotonic()
        found = self._known.get((namespace, name))
        if found is not None and now - found[1] < REMEMBERED_US:
            return found[0]
        definition = await stored_definition(self._store, namespace, name)
        same = found is not None and found[0].schema_text == definition.schema
        schema = found[0].schema if found is not None and same else StoredSchema(definition.schema)
        known = Known(stored_template(definition), schema, definition.schema, stored_policy(definition))
        self._known[namespace, name] = known, now
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        return known

    async def policy_of(self, namespace: str, name: str) -> Policy:
        """Return what a definition says about failures; the usual where it is gone."""
        try:
            return (await self.of(namespace, name)).policy
        except UnknownDefinition:
            return Policy()
