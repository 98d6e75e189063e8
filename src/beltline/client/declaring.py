"""What a Beltline declares beside plain jobs: batch types."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, Unpack, cast

from beltline.client.handle import JobHandle
from beltline.core.codec import dump_json
from beltline.definitions.batch import BatchOptions, Part, splitting_body
from beltline.definitions.options import DefinitionOptions
from beltline.definitions.version import content_version

Add = Callable[[Callable[..., Any], DefinitionOptions], JobHandle[Any]]


class BatchDecorator(Protocol):
    """What `belt.batch` is: it takes the options of a batch type and gives a decorator."""

    def __call__(
        self,
        *,
        item: JobHandle[Any],
        most: int = ...,
        on_succeeded: JobHandle[Any] | None = None,
        on_failed: JobHandle[Any] | None = None,
        on_finished: JobHandle[Any] | None = None,
        **options: Unpack[DefinitionOptions],
    ) -> Callable[[Callable[[Any], Iterable[Part]]], JobHandle[int]]:
        """Make a batch type of a function that splits a definition."""
        ...


def batch_decorator(add: Add) -> BatchDecorator:
    """Return the decorator that makes batch types and adds them."""

    def decorator(
        **options: Any,
    ) -> Callable[[Callable[[Any], Iterable[Part]]], JobHandle[int]]:
        names = BatchOptions.__dataclass_fields__
        own = BatchOptions(**{name: options.pop(name) for name in list(options) if name in names})

        def decorate(split: Callable[[Any], Iterable[Part]]) -> JobHandle[int]:
            body, behind = splitting_body(split, own)
            configuration = dump_json([own.most, [when for when, _ in own.callbacks]]).decode()
            options.setdefault("version", content_version(split, configuration))
            handle = add(body, cast("DefinitionOptions", options))
            behind.itself = handle
            return handle

        return decorate

    return decorator
