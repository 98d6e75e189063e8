"""Beltline: a job service. Define a job, submit it, and it is run, retried, tracked and explained; nothing is lost."""

from __future__ import annotations

from beltline.client.beltline import Beltline
from beltline.client.handle import JobHandle
from beltline.client.reference import JobReference
from beltline.core.errors import BeltlineError
from beltline.core.outcome import Cancel, Fail, Snooze
from beltline.core.retry import Retry
from beltline.definitions.context import Context

__version__ = "0.1.0"

__all__ = ["Beltline", "BeltlineError", "Cancel", "Context", "Fail", "JobHandle", "JobReference", "Retry", "Snooze"]
