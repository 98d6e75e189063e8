from beltline.client.beltline import Beltline
from beltline.client.handle import JobHandle
from beltline.client.reference import JobReference
from beltline.core.errors import BeltlineError
from beltline.core.outcome import Cancel, Fail, Snooze
from beltline.core.replay import Replay
from beltline.core.retry import Retry
from beltline.definitions.context import Context
from beltline.definitions.schedule import Schedule
from beltline.definitions.sync_context import SyncContext
from beltline.engine.submit import JobOptions

__version__: str

__all__ = [
    "Beltline",
    "BeltlineError",
    "Cancel",
    "Context",
    "Fail",
    "JobHandle",
    "JobOptions",
    "JobReference",
    "Replay",
    "Retry",
    "Schedule",
    "Snooze",
    "SyncContext",
]
