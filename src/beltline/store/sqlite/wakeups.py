"""Hints: who listens, and what they are told."""

from __future__ import annotations

from collections.abc import Callable, Set as AbstractSet
from typing import Protocol, TypeAlias

from beltline.store.hints import Hint

Hints: TypeAlias = AbstractSet[tuple[str, Hint]]
Fire: TypeAlias = Callable[[Hints | None], None]
"""Tells the listeners; None says that another process wrote, so that anything may have happened."""


class Listen(Protocol):
    """Begins or ends to notice what other processes write."""

    def __call__(self, *, wanted: bool) -> None:
        """Begin or end."""
        ...


class SqliteWakeups:
    """The listeners of one store, all on its event loop."""

    def __init__(self, listen: Listen) -> None:
        self._listen = listen
        self._listeners: dict[object, tuple[str, Callable[[Hint], None]]] = {}

    async def subscribe(self, namespace: str, on_hint: Callable[[Hint], None]) -> Callable[[], None]:
        token = object()
        self._listeners[token] = (namespace, on_hint)
        self._listen(wanted=True)

        def unsubscribe() -> None:
            self._listeners.pop(token, None)
            self._listen(wanted=bool(self._listeners))

        return unsubscribe

    def fire(self, hints: Hints | None) -> None:
        """Tell each listener what concerns its namespace."""
        for namespace, on_hint in tuple(self._listeners.values()):
            for hint in Hint:
                if hints is None or (namespace, hint) in hints:
                    on_hint(hint)
