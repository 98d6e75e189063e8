"""The worker's answers to what a body in a process asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from beltline.definitions.port import ContextPort
from beltline.executors.process.frames import Frame


def answered(port: ContextPort, frame: Frame) -> Future[Any]:
    """Do what a frame asks for; what comes of it is, or will be, in the future."""
    future: Future[Any] = Future()
    try:
        found = _found(port, frame.head["verb"], frame.head["arguments"], frame.body)
    except Exception as error:  # noqa: BLE001 - whatever it is, the body is told
        future.set_exception(error)
        return future
    if isinstance(found, Future):
        return found
    future.set_result(found)
    return future


def _found(port: ContextPort, verb: str, arguments: Sequence[Any], body: bytes) -> object:
    if verb == "artifact":
        name, kind = arguments
        port.keep_artifact(name, kind, body)
        return None
    if verb == "submit":
        definition, options, sizes = arguments
        return port.submit(definition, options, list(cut(body, sizes)))
    memory = port.memory
    verbs: Mapping[str, Callable[..., object]] = {
        "now": memory.now,
        "is_pausing": memory.is_pausing,
        "load": memory.load,
        "record": memory.record,
        "save": memory.save,
        "reach": memory.reach,
        "enter": memory.enter,
    }
    return verbs[verb](*arguments)


def cut(data: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    """Yield pieces of these sizes, in order."""
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size
