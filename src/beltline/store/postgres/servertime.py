"""The server's time, followed between measurements by the local monotonic clock."""

from __future__ import annotations

from beltline.core.clock import Clock
from beltline.store.postgres.connection import ANSWER_SECONDS, Pool, Statements


class ServerTime:
    """What the server's clock shows now, as far as one can know without asking it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # The server's time minus the local monotonic time, and how far that may be off.
        self._offset = clock.now() - clock.monotonic()
        self._error: int | None = None

    def now(self) -> int:
        """Return the server's time; before the first measurement the injected clock's."""
        return self._clock.monotonic() + self._offset

    async def measure(self, pool: Pool) -> None:
        """Ask the server."""
        await pool.use(self._ask)

    async def _ask(self, statements: Statements) -> None:
        sent = self._clock.monotonic()
        told: int = await statements.value("server_time", within=ANSWER_SECONDS)
        received = self._clock.monotonic()
        self.adjust(sent, told, received)

    def adjust(self, sent: int, told: int, received: int) -> None:
        """Take a measurement, unless the one before was better and agrees: a busy loop makes answers late."""
        error = (received - sent) // 2
        offset = told - (sent + received) // 2
        if self._error is None or error <= self._error or abs(offset - self._offset) > error:
            self._offset = offset
            self._error = error
