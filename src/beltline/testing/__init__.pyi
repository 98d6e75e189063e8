from beltline.testing.clock import StillClock
from beltline.testing.kit import Kit

__all__ = ["Kit", "StillClock"]
