"""What a definition's name stands for: the app's own code where it is at hand, else what the store knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from beltline.core.codec import dump_json
from beltline.core.errors import InvalidBatch, InvalidInput
from beltline.definitions.definition import JobDefinition
from beltline.definitions.registry import Registry
from beltline.definitions.result import ResultType
from beltline.definitions.stored import StoredSchema
from beltline.engine.definitions import stored_definition
from beltline.engine.template import Template, stored_template, template_of
from beltline.store.contract import Store


class Target(NamedTuple):
    """How jobs of one definition are made.

    `check` raises what is wrong with a payload from outside, which may have so many bytes.
    """

    template: Template
    check: Callable[[bytes, int], object]
    result: ResultType


async def target_of(name: str, registry: Registry, store: Store, namespace: str) -> Target:
    """Return how jobs of this name are made. Raises UnknownDefinition."""
    found = registry.get(name)
    if found is not None:
        return _target_in_code(found)
    definition = await stored_definition(store, namespace, name)
    schema = StoredSchema(definition.schema)

    def check(data: bytes, limit: int) -> None:
        schema.check(name, data, limit=limit)

    return Target(stored_template(definition), check, ResultType.any_json())


def checked(target: Target, payload: Mapping[str, Any] | bytes, limit: int) -> bytes:
    """Return a payload as bytes that the definition takes. Raises InvalidInput of the kind that fits."""
    data = payload if isinstance(payload, bytes) else dump_json(payload)
    target.check(data, limit)
    return data


def all_checked(target: Target, payloads: Iterable[Mapping[str, Any] | bytes], limit: int) -> list[bytes]:
    """Return payloads as `checked` does. Raises InvalidBatch that names every faulty one."""
    found: list[bytes] = []
    faults: list[tuple[int, InvalidInput]] = []
    for index, payload in enumerate(payloads):
        try:
            found.append(checked(target, payload, limit))
        except InvalidInput as error:
            faults.append((index, error))
    if faults:
        raise InvalidBatch(faults, of=len(found) + len(faults))
    return found


def _target_in_code(definition: JobDefinition) -> Target:
    payload = definition.payload
    return Target(
        template_of(definition), lambda data, limit: payload.check(data, limit=limit), definition.result
    )
