"""The notation of workflows in Python: a Flow collects steps; values that are to come are references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from beltline.core.errors import InvalidInput
from beltline.core.job_retry import plain_retry
from beltline.core.retry import Retry
from beltline.core.workflow import INPUT, ITEM, REFERENCE, Workflow
from beltline.definitions.workflow import OPTIONS, workflow_of

_OWN: Final = frozenset({*OPTIONS, "each", "tolerate", "tolerated", "undo", "undo_with"})


class Ref:
    """A value that is known when a run comes to it: `ref["field"]`, `ref[0]`; compared, it is a condition."""

    __hash__ = None  # type: ignore[assignment]
    __slots__ = ("path",)

    def __init__(self, *path: str | int) -> None:
        self.path = path

    def __getitem__(self, part: str | int) -> Ref:
        """Return a part of the value."""
        return Ref(*self.path, part)

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        """Return the condition that the value equals another."""
        return self._compared("eq", other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        """Return the condition that the value differs from another."""
        return self._compared("ne", other)

    def __lt__(self, other: object) -> Condition:
        """Return the condition that the value is less than another."""
        return self._compared("lt", other)

    def __le__(self, other: object) -> Condition:
        """Return the condition that the value is at most another."""
        return self._compared("le", other)

    def __gt__(self, other: object) -> Condition:
        """Return the condition that the value is more than another."""
        return self._compared("gt", other)

    def __ge__(self, other: object) -> Condition:
        """Return the condition that the value is at least another."""
        return self._compared("ge", other)

    def is_in(self, others: object) -> Condition:
        """Return the condition that the value is one of others."""
        return self._compared("in", others)

    def __bool__(self) -> bool:
        """Raise InvalidInput: what is not known yet decides nothing here."""
        raise InvalidInput("a reference has no value yet: give it as `when=`, do not ask it with if, and, or")

    def _compared(self, word: str, other: object) -> Condition:
        return Condition({REFERENCE: list(self.path), word: plain(other)})


class Condition:
    """A condition on what a run has found: combine with `&`, `|` and `~`."""

    __slots__ = ("data",)

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = dict(data)

    def __and__(self, other: Condition) -> Condition:
        """Return the condition that both hold."""
        return Condition({"all": [self.data, other.data]})

    def __or__(self, other: Condition) -> Condition:
        """Return the condition that one of them holds."""
        return Condition({"any": [self.data, other.data]})

    def __invert__(self) -> Condition:
        """Return the condition that it does not hold."""
        return Condition({"not": self.data})

    def __bool__(self) -> bool:
        """Raise InvalidInput: what is not known yet decides nothing here."""
        raise InvalidInput(
            "a condition is decided in the run: combine it with &, | and ~, give it as `when=`"
        )


class StepRef(Ref):
    """A step: as a value, what it results in."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The step's name."""
        return str(self.path[0])


StepAfter: TypeAlias = Sequence[StepRef | str] | Mapping[str, str]


class Flow:
    """A workflow being written. `flow.input` is what a run is given, `flow.item` the item of an `each`.

    Nothing runs here: each method adds a step and returns a reference to it. `build` checks the whole.
    """

    def __init__(self, name: str, *, version: str = "") -> None:
        self.name = name
        self.version = version
        self.input = Ref(INPUT)
        self.item = Ref(ITEM)
        self._steps: dict[str, dict[str, Any]] = {}
        self._output: Any = None

    def step(
        self,
        name: str,
        job: Any,  # noqa: ANN401 - a handle or a name
        /,
        *,
        after: StepAfter = (),
        when: Condition | None = None,
        options: Mapping[str, Any] | None = None,
        **payload: Any,
    ) -> StepRef:
        """Add a step of a job: its handle, or the name of its definition; `payload` may hold references.

        `after`: steps that must have succeeded, or a mapping of step to how it must have ended ("failed",
        "finished", "skipped", …); steps that `payload` and `when` refer to are added. `options`: queue,
        priority, max_attempts, retry (a Retry, or an object with its fields), timeout, delay, labels; `each`
        (a reference to a list: a job for each item, with `tolerate`), `tolerated` (its failure fails nothing
        else), and `undo` with `undo_with`: the job that takes its effect back where the workflow fails.
        """
        return self._add(name, {"job": _named(job), "with": plain(payload)}, after, when, options)

    def wait(
        self,
        name: str,
        *,
        signal: str | None = None,
        timeout: str | float | None = None,
        after: StepAfter = (),
        when: Condition | None = None,
    ) -> StepRef:
        """Add a wait for a signal, which holds no worker; its value is the signal's payload.

        Without it, after `timeout`, the step has failed.
        """
        given: dict[str, Any] = {"wait": signal or name}
        if timeout is not None:
            given["timeout"] = timeout
        return self._add(name, given, after, when, None)

    def sub(
        self,
        name: str,
        workflow: Any,  # noqa: ANN401 - a flow, a handle or a name
        /,
        *,
        after: StepAfter = (),
        when: Condition | None = None,
        **payload: Any,
    ) -> StepRef:
        """Add a run of another workflow, whose input is `payload`."""
        return self._add(name, {"workflow": _named(workflow), "with": plain(payload)}, after, when, None)

    def output(self, value: Any) -> None:  # noqa: ANN401 - any value with references
        """Say what a run results in."""
        self._output = plain(value)

    def data(self) -> dict[str, Any]:
        """Return the workflow as plain JSON."""
        found: dict[str, Any] = {"name": self.name, "steps": dict(self._steps), "output": self._output}
        return {**found, "version": self.version} if self.version else found

    def build(self) -> Workflow:
        """Return the checked workflow. Raises InvalidWorkflow that lists every fault."""
        return workflow_of(self.data())

    def _add(
        self,
        name: str,
        given: dict[str, Any],
        after: StepAfter,
        when: Condition | None,
        options: Mapping[str, Any] | None,
    ) -> StepRef:
        if name in self._steps:
            raise InvalidInput(f"the workflow {self.name!r} has a step {name!r} already; names are unique")
        unknown = sorted(set(options or ()) - _OWN)
        if unknown:
            raise InvalidInput(
                f"step {name!r}: unknown options {', '.join(unknown)}; known are {sorted(_OWN)}"
            )
        for option, value in (options or {}).items():
            given[option] = _named(value) if option == "undo" else plain(value)
        if after:
            pairs = after.items() if isinstance(after, Mapping) else [(_named(each), None) for each in after]
            given["after"] = {step: when or "succeeded" for step, when in pairs}
        if when is not None:
            given["if"] = when.data
        self._steps[name] = given
        return StepRef(name)


def plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value as JSON: references, and what stands for an object."""
    if isinstance(value, Ref):
        return {REFERENCE: list(value.path)}
    if isinstance(value, Retry):
        return plain_retry(value)
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def _named(value: object) -> str:
    """Return the name of a handle, a flow or a step."""
    if isinstance(value, str):
        return value
    definition = getattr(value, "definition", None)
    found = getattr(definition if definition is not None else value, "name", None)
    if not isinstance(found, str):
        raise InvalidInput(f"{value!r} is no job handle, workflow, step or name")
    return found
