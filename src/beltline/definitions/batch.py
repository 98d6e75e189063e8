"""Batch types: functions that split a definition into smaller ones and items, and the job that does it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeAlias

from beltline.core.errors import ConfigError
from beltline.core.outcome import Fail
from beltline.definitions.after import After
from beltline.definitions.children import Submittable
from beltline.definitions.context import CHUNK, Context

MOST_PARTS: Final = 1_000_000
MOST_LEVELS: Final = 100


@dataclass(frozen=True, slots=True)
class Split:
    """A smaller batch of the same type."""

    definition: Any


@dataclass(frozen=True, slots=True, init=False)
class Item:
    """A job for one item: the arguments of the batch type's item job."""

    payload: Mapping[str, Any] = field(default_factory=dict)

    def __init__(self, **payload: Any) -> None:
        object.__setattr__(self, "payload", payload)


Part: TypeAlias = Split | Item
Splitter: TypeAlias = Callable[..., Iterable[Part]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """What a batch type says beside its job options.

    `item`: the handle of the items' jobs. `most`: how many parts one batch may have. `on_succeeded`,
    `on_failed` and `on_finished`: handles of jobs that are submitted with the batch's id (`job_id`) and run
    when it has ended so.
    """

    item: Submittable
    most: int = MOST_PARTS
    on_succeeded: Submittable | None = None
    on_failed: Submittable | None = None
    on_finished: Submittable | None = None

    @property
    def callbacks(self) -> list[tuple[str, Submittable]]:
        """The callbacks with the condition of each."""
        found = (
            ("succeeded", self.on_succeeded),
            ("failed", self.on_failed),
            ("finished", self.on_finished),
        )
        return [(when, handle) for when, handle in found if handle is not None]


class Splitting:
    """The body of a batch type's job: it submits what the function yields, as the function yields it."""

    def __init__(self, split: Splitter, options: BatchOptions) -> None:
        self.itself: Submittable | None = None
        self._split = split
        self._options = options

    async def run(self, ctx: Context, definition: object, level: int) -> int:
        """Split, in chunks: a plain function works in a thread meanwhile. Return how many parts there are."""
        if level >= MOST_LEVELS:
            raise Fail(
                f"this batch is {level} levels deep: {ctx.definition!r} yields batches without end;"
                " a part must be smaller than the whole"
            )
        await self._promise(ctx, level)
        parts = _checked(self._split(definition), ctx.definition)
        count = 0
        while chunk := await asyncio.to_thread(lambda: list(islice(parts, CHUNK))):
            ctx.check_cancelled()
            count += len(chunk)
            if count > self._options.most:
                raise Fail(
                    f"{ctx.definition!r} yields more than {self._options.most:,} parts for one batch: does it"
                    " end? Split it into smaller batches, or raise `most`"
                )
            await self._submit(ctx, chunk, level)
        return count

    async def _submit(self, ctx: Context, chunk: list[Part], level: int) -> None:
        items = [part.payload for part in chunk if isinstance(part, Item)]
        if items:
            await ctx.submit_many(self._options.item, items)
        batches = [
            {"definition": part.definition, "level": level + 1} for part in chunk if isinstance(part, Split)
        ]
        if batches and self.itself is not None:
            await ctx.submit_many(self.itself, batches)

    async def _promise(self, ctx: Context, level: int) -> None:
        """Submit the jobs that are to run when the whole batch has ended."""
        for when, handle in self._options.callbacks if level == 0 else ():
            named = handle.options(id=f"{ctx.job_id}.on-{when}", after=[After(ctx.job_id, when=when)])
            await named.submit(job_id=ctx.job_id)


def splitting_body(split: Splitter, options: BatchOptions) -> tuple[Callable[..., Any], Splitting]:
    """Return the body of a batch type's job, with the types of its function, and what is behind it.

    Raises ConfigError where the function is not one of one argument that yields parts.
    """
    name = getattr(split, "__name__", repr(split))
    code = inspect.unwrap(split)
    if not inspect.isroutine(code) or inspect.iscoroutinefunction(code) or inspect.isasyncgenfunction(code):
        raise ConfigError([f"batch {name!r}: write a plain function that yields Split(...) and Item(...)"])
    parameters = list(inspect.signature(split).parameters.values())
    if len(parameters) != 1:
        raise ConfigError([f"batch {name!r} takes {len(parameters)} arguments; it takes one, its definition"])
    behind = Splitting(split, options)

    async def body(ctx: Context, definition: object, level: int = 0) -> int:
        return await behind.run(ctx, definition, level)

    hints = inspect.get_annotations(code, eval_str=True)
    body.__annotations__["definition"] = hints.get(parameters[0].name, Any)
    body.__name__ = body.__qualname__ = name
    body.__module__ = getattr(split, "__module__", __name__)
    body.__doc__ = split.__doc__
    return body, behind


def _checked(parts: object, name: str) -> Iterator[Part]:
    if not isinstance(parts, Iterable):
        raise Fail(f"{name!r} returned {type(parts).__name__}; it must yield Split(...) and Item(...)")
    for part in parts:
        if not isinstance(part, Split | Item):
            raise Fail(
                f"{name!r} yielded {type(part).__name__}; it must yield Split(definition) or Item(name=value)"
            )
        yield part
