from beltline.client.beltline import Beltline
from beltline.client.handle import JobHandle
from beltline.client.reference import JobReference
from beltline.core.batch import Children
from beltline.core.errors import BeltlineError
from beltline.core.outcome import Cancel, Fail, Snooze
from beltline.core.replay import Replay
from beltline.core.retry import Retry
from beltline.core.window import Debounce, Gather, Throttle
from beltline.definitions.after import After, any_of
from beltline.definitions.batch import Item, Split
from beltline.definitions.context import Context
from beltline.definitions.flow import Flow
from beltline.definitions.schedule import Schedule
from beltline.definitions.sync_context import SyncContext
from beltline.definitions.trigger import JobOutcome, Message, NewObject, Webhook
from beltline.engine.submit import JobOptions

__version__: str

__all__ = [
    "After",
    "Beltline",
    "BeltlineError",
    "Cancel",
    "Children",
    "Context",
    "Debounce",
    "Fail",
    "Flow",
    "Gather",
    "Item",
    "JobHandle",
    "JobOptions",
    "JobOutcome",
    "JobReference",
    "Message",
    "NewObject",
    "Replay",
    "Retry",
    "Schedule",
    "Snooze",
    "Split",
    "SyncContext",
    "Throttle",
    "Webhook",
    "any_of",
]
