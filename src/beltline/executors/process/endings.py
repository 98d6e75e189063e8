"""What the end of a process says, in words."""

from __future__ import annotations

import re
import signal
from typing import Final

from beltline.core.failure import failure
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.core.sizes import shown_bytes

# A frame as faulthandler writes it; the innermost comes first.
_FRAME: Final = re.compile(r'^  File "([^"\n]+)", line (\d+) in (\S+)', re.MULTILINE)


def died(code: int | None, trace: str = "") -> Outcome:
    """A process ended under its body.

    `code` is its exit code, negative the number of the signal, None unknown; `trace` what it could still say.
    """
    message = f"the process {_words(code)} while it ran this job"
    innermost = _FRAME.search(trace)
    where, place = (
        (f"{innermost[1]}:{innermost[2]} in {innermost[3]}", innermost[3]) if innermost else ("", "")
    )
    error = failure("ProcessDied", message, where=where, place=place, trace=trace)
    return Outcome(Ending.LOST, error=error, reason=Reason.PROCESS_DIED)


def over_memory(held: int, limit: int) -> Outcome:
    """A process was killed because its body held more than it may."""
    message = f"the body held {shown_bytes(held)}, more than its limit of {shown_bytes(limit)}"
    return Outcome(Ending.LOST, error=failure("OutOfMemory", message), reason=Reason.OUT_OF_MEMORY)


def _words(code: int | None) -> str:
    if code is None:
        return "ended in an unknown way"
    if code >= 0:
        return f"exited with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if -code == signal.SIGKILL:
        return (
            f"was ended by {name}, which this worker did not send (the kernel does so where memory runs out)"
        )
    return f"was ended by {name}"
