"""What others ask of the jobs that run here: the replies to the beats of the session say it."""

from __future__ import annotations

from collections.abc import Callable

from beltline.runtime.lease import Lease
from beltline.runtime.run import Cause
from beltline.runtime.runner import Runner
from beltline.store.contract import Store
from beltline.store.params import BeatReply


class Requests:
    """Lets runs pause, go on, stop, or go where the session has ended.

    `lost` is told that it has. `beats`: the session is renewed from here, and by no heart, so `ask` may never
    be spared.
    """

    def __init__(
        self,
        store: Store,
        namespace: str,
        *,
        lease: Lease,
        runner: Runner,
        lost: Callable[[], None],
        beats: bool,
    ) -> None:
        self._store = store
        self._namespace = namespace
        self._lease = lease
        self._runner = runner
        self._lost = lost
        self._beats = beats
        self._pausing: set[tuple[str, int]] = set()

    async def ask(self) -> bool:
        """Renew the session and do what the reply says; a tick of a loop."""
        if self._beats or self._runner.runs:
            session = self._lease.session
            reply = await self._store.sessions.beat(self._namespace, session, self._store.now())
            self.replied(session, reply)
        return False

    def replied(self, session: str, reply: BeatReply) -> None:
        """Do what a reply says; one to a session that is not ours any more says nothing."""
        if session != self._lease.session:
            return
        if not reply.alive:
            # Others may run these jobs by now. The next claim is refused with LeaseLost, which begins anew;
            # what the session still holds is rescued, and charged, like that of any lost worker.
            self._runner.interrupt_all(Cause.LOST)
            self._lease.doubtful = False
            self._lost()
            return
        self._lease.beaten()
        pausing = {(job_id, fence) for job_id, fence, request in reply.requests if request == "pause"}
        # Those that are new, and those that were taken back.
        for key in pausing ^ self._pausing:
            run = self._runner.runs.get(key)
            if run is not None:
                run.pausing = key in pausing
        self._pausing = pausing
        for job_id, fence, request in reply.requests:
            run = self._runner.runs.get((job_id, fence))
            if run is not None and request == "cancel":
                run.interrupt(Cause.CANCEL)
