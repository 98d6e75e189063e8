"""The app of the tests, imported in a way that starts a thread, as numerical libraries do."""

from __future__ import annotations

import threading

from tests.executors.app import belt

__all__ = ["belt"]

threading.Thread(target=threading.Event().wait, name="started-at-import", daemon=True).start()
