"""`belt.notify`: a definition that tells owners, and a trigger that makes its jobs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from beltline.client.handle import JobHandle
from beltline.core.errors import InvalidInput
from beltline.core.retry import Retry
from beltline.definitions.declared_trigger import DeclaredTriggers
from beltline.definitions.notice import PAYLOAD, Notice, Notifier
from beltline.definitions.options import DefinitionOptions
from beltline.definitions.trigger import JobOutcome

# Over an hour in all: a mail server that is away for lunch loses no notice. Where an owner has no address, the
# next time is as this one: a dead letter says so at once.
RETRY: Final = Retry(max_attempts=12, base=30, cap="30m", give_up_on=(InvalidInput,))
Add = Callable[[Callable[..., Any], DefinitionOptions], JobHandle[Any]]


def notify(
    add: Add,
    triggers: DeclaredTriggers,
    notifier: Notifier,
    *,
    on: Sequence[str] | str,
    of: str | None,
    name: str,
) -> JobHandle[Any]:
    """Add the definition and declare the trigger. Raises ConfigError."""

    def tell(
        owner: str, job: str, definition: str, state: str, reason: str, error: str, finished_at: str
    ) -> None:
        notice = Notice(
            owner=owner,
            job=job,
            definition=definition,
            state=state,
            reason=reason,
            error=error,
            finished_at=finished_at,
        )
        notifier.tell(notice)

    handle = add(tell, {"name": name, "retry": RETRY})
    rule = JobOutcome(of=of, states=on, roots=True, when="job.owner != null", payload=PAYLOAD)
    triggers.add(name, name, rule)
    return handle
