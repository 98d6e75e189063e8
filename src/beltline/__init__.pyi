from beltline.client.beltline import Beltline
from beltline.client.handle import JobHandle
from beltline.client.reference import JobReference
from beltline.core.errors import BeltlineError
from beltline.core.outcome import Cancel, Fail, Snooze
from beltline.core.retry import Retry
from beltline.definitions.context import Context
from beltline.definitions.sync_context import SyncContext
from beltline.engine.after import After, any_of
from beltline.engine.submit import JobOptions

__version__: str

__all__ = [
    "After",
    "Beltline",
    "BeltlineError",
    "Cancel",
    "Context",
    "Fail",
    "JobHandle",
    "JobOptions",
    "JobReference",
    "Retry",
    "Snooze",
    "SyncContext",
    "any_of",
]
