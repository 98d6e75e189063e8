"""What an app says of triggers: `belt.trigger`, `belt.source` and `belt.notify`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from beltline.client.handle import JobHandle
from beltline.core.errors import InvalidInput
from beltline.core.retry import Retry
from beltline.definitions.declared_trigger import DeclaredTriggers
from beltline.definitions.notice import PAYLOAD, Notice, Notifier
from beltline.definitions.options import DefinitionOptions
from beltline.definitions.trigger import JobOutcome
from beltline.definitions.trigger_rule import Rule

# Over an hour in all: a mail server that is away for lunch loses no notice. Where an owner has no address,
# the next time is as this one: a dead letter says so at once.
RETRY: Final = Retry(max_attempts=12, base=30, cap="30m", give_up_on=(InvalidInput,))
Add = Callable[[Callable[..., Any], DefinitionOptions], JobHandle[Any]]
Connect = Callable[[str], Any]


class TriggerDeclarer(NamedTuple):
    """What `belt.trigger` is."""

    declared: DeclaredTriggers

    def __call__(self, job: JobHandle[Any], rule: Rule, *, name: str | None = None) -> None:
        """Declare a trigger: jobs of `job` for what a Webhook, JobOutcome, NewObject or Message says.

        `name` is the job's where none is given. Workers store it when they start; it keeps whether it is
        paused. Raises ConfigError.
        """
        named = job.definition.name if name is None else name
        self.declared.add(named, job.definition.name, rule)


class SourceAdder(NamedTuple):
    """What `belt.source` is."""

    sources: dict[str, Connect]

    def __call__(self, scheme: str, connect: Connect) -> None:
        """Say what connects to the sources of messages whose URLs have this scheme.

        `connect` gets the URL and returns a `beltline.triggers.contract.Source`, not yet connected.
        """
        self.sources[scheme] = connect


class NotifierAdder(NamedTuple):
    """What `belt.notify` is."""

    add: Add
    declared: DeclaredTriggers

    def __call__(
        self,
        notifier: Notifier,
        *,
        on: Sequence[str] | str = ("failed", "timed_out"),
        of: str | None = None,
        name: str = "notify",
    ) -> JobHandle[Any]:
        """Tell the owners of jobs and batches how these ended, by an Email, Command, LogLine or one of yours.

        Each outcome makes one job of the definition `name`, which is retried like any other. Jobs without
        an owner, and those below a batch, tell nobody. `on`: final states, or "finished"; `of`: one
        definition's jobs only. Raises ConfigError.
        """

        def tell(job: dict[str, Any], error: str) -> None:
            def of_job(what: str) -> str:
                return str(job.get(what) or "")

            notice = Notice(
                owner=of_job("owner"),
                job=of_job("id"),
                definition=of_job("definition"),
                state=of_job("state"),
                reason=of_job("reason"),
                error=error,
                finished_at=of_job("finished_at"),
            )
            notifier.tell(notice)

        handle = self.add(tell, {"name": name, "retry": RETRY})
        rule = JobOutcome(of=of, states=on, roots=True, when="job.owner != null", payload=PAYLOAD)
        self.declared.add(name, name, rule)
        return handle
