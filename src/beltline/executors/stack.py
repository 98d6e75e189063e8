"""The stack of a body: of a thread, or of a coroutine that waits."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Coroutine
from types import FrameType
from typing import Any, Final

from beltline.core.failure import is_library

STACK_LIMIT: Final = 65_536


def thread_stack(thread: int) -> str:
    """Return the stack of a thread of this process, the body's outermost call first; empty where it ended."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001 - the documented way to another thread's stack
    return "" if frame is None else _shown(traceback.extract_stack(frame))


def awaiting_stack(coroutine: Coroutine[Any, Any, Any]) -> str:
    """Return where a coroutine waits, through all that it awaits."""
    frames: list[FrameType] = []
    awaited: Any = coroutine
    while awaited is not None:
        frame = _first(awaited, "cr_frame", "gi_frame", "ag_frame")
        if frame is not None:
            frames.append(frame)
        awaited = _first(awaited, "cr_await", "gi_yieldfrom", "ag_await")
    return _shown(traceback.StackSummary.extract((frame, frame.f_lineno) for frame in frames))


def _first(awaited: object, *names: str) -> Any:  # noqa: ANN401 - coroutines, generators and what else may be awaited
    return next((found for name in names if (found := getattr(awaited, name, None)) is not None), None)


def _shown(frames: traceback.StackSummary) -> str:
    """Return the frames from the first of the user's own, all where none is theirs."""
    first = next((at for at, frame in enumerate(frames) if not is_library(frame.filename)), 0)
    text = "".join(traceback.StackSummary.from_list(frames[first:]).format())
    clean = text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
    return clean[-STACK_LIMIT:]
