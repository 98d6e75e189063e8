from beltline.client.beltline import Beltline
from beltline.client.handle import JobHandle
from beltline.client.reference import JobReference
from beltline.core.errors import BeltlineError
from beltline.core.outcome import Cancel, Fail, Snooze
from beltline.core.retry import Retry
from beltline.definitions.context import Context

__version__: str

__all__ = [
    "Beltline",
    "BeltlineError",
    "Cancel",
    "Context",
    "Fail",
    "JobHandle",
    "JobReference",
    "Retry",
    "Snooze",
]
