"""A store whose verbs can be watched: before each call, and after it with what came back."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, Protocol, cast

from beltline.store.contract import Store

_GROUPS: Final = (
    "jobs", "reads", "sessions", "queues", "definitions", "logs", "upkeep", "edges", "batches", "workflows",
    "audit",
)  # fmt: skip


class Watcher(Protocol):
    """What is told of each verb, named `group.verb`."""

    async def before(self, verb: str) -> None:
        """Be told that the verb is about to be called; where this does not return, it never is."""
        ...

    async def after(self, verb: str, arguments: Sequence[object], answer: object) -> None:
        """Be told what the verb answered, before its caller is."""
        ...


def watched(store: Store, watcher: Watcher) -> Store:
    """Return the store with each of its verbs told to the watcher."""
    return cast("Store", _Watched(store, watcher))


class _Watched:
    def __init__(self, store: Store, watcher: Watcher) -> None:
        self._store = store
        for name in _GROUPS:
            setattr(self, name, _Group(name, getattr(store, name), watcher))

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


class _Group:
    def __init__(self, name: str, verbs: object, watcher: Watcher) -> None:
        self._name = name
        self._verbs = verbs
        self._watcher = watcher

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        call = getattr(self._verbs, name)
        verb = f"{self._name}.{name}"

        async def told(*arguments: object, **named: object) -> object:
            await self._watcher.before(verb)
            answer = await call(*arguments, **named)
            await self._watcher.after(verb, arguments, answer)
            return answer

        return told
