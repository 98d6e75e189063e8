from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from beltline.core.errors import InvalidInput
from beltline.core.job import ClaimedJob
from beltline.definitions.context import Context
from beltline.definitions.port import MemoryPort


class Port:
    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str]] = []
        self.reports: list[tuple[float, str]] = []
        self.artifacts: list[tuple[str, str, bytes]] = []
        self.is_asked_to_stop = False

    def append_log(self, level: str, message: str, fields: str) -> None:
        self.lines.append((level, message, fields))

    def report_progress(self, fraction: float, note: str) -> None:
        self.reports.append((fraction, note))

    def submit(
        self, definition: str, options: str, payloads: Sequence[bytes]
    ) -> Future[list[tuple[str, bool]]]:
        raise NotImplementedError

    def keep_artifact(self, name: str, kind: str, data: bytes) -> None:
        self.artifacts.append((name, kind, data))

    def is_cancelled(self) -> bool:
        return self.is_asked_to_stop

    @property
    def memory(self) -> MemoryPort:
        raise AssertionError("a body that remembers nothing asks for no memory")


JOB = ClaimedJob(
    id="job-1",
    fence=9,
    definition="thumbnail",
    version="h1",
    queue="media",
    payload=b"{}",
    priority=0,
    run=4,
    attempts_used=2,
    crashes=1,
    max_attempts=5,
    timeout_us=None,
    deadline_at=None,
    queued_at=0,
    started_at=0,
    labels=None,
    correlation_id="order-7",
    traceparent=None,
    idempotency_key=None,
    request=None,
)


@pytest.fixture
def port() -> Port:
    return Port()


@pytest.fixture
def ctx(port: Port) -> Context:
    return Context(JOB, port)


def test_a_context_knows_its_run(ctx: Context) -> None:
    assert (ctx.job_id, ctx.definition, ctx.version, ctx.queue) == ("job-1", "thumbnail", "h1", "media")
    assert (ctx.run, ctx.attempt, ctx.max_attempts, ctx.fence) == (4, 3, 5, 9)
    assert (ctx.labels, ctx.correlation_id) == ({}, "order-7")


def test_labels_are_those_of_the_job(port: Port) -> None:
    assert Context(JOB._replace(labels={"a": "b"}), port).labels == {"a": "b"}


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_a_log_line_has_its_level_and_fields(ctx: Context, port: Port, level: str) -> None:
    getattr(ctx.log, level)("made", width=5, name="é")

    assert port.lines == [(level, "made", '{"width":5,"name":"é"}')]


def test_a_log_line_without_fields_has_none(ctx: Context, port: Port) -> None:
    ctx.log.info("made")

    assert port.lines == [("info", "made", "")]


def test_a_field_that_is_no_json_is_kept_as_its_repr(ctx: Context, port: Port) -> None:
    ctx.log.info("made", what={1, 2}, n=1)

    assert json.loads(port.lines[0][2]) == {"what": "{1, 2}", "n": 1}


def test_a_long_message_is_cut_and_says_so(ctx: Context, port: Port) -> None:
    ctx.log.info("é" * 1_000_000)

    message = port.lines[0][1]
    assert len(message.encode()) <= 1_048_576
    assert message.endswith(" bytes more)")


def test_a_long_field_is_cut_and_the_others_are_kept(ctx: Context, port: Port) -> None:
    ctx.log.info("made", long="x" * 10_000, many=list(range(10_000)), short=1)

    fields = json.loads(port.lines[0][2])
    assert len(port.lines[0][2]) < 5_000
    assert fields["long"].endswith("bytes more)")
    assert fields["short"] == 1


def test_the_number_of_fields_is_bounded(ctx: Context, port: Port) -> None:
    ctx.log.info("made", **{f"f{number}": "x" * 100 for number in range(1_000)})

    assert len(json.loads(port.lines[0][2])) == 32


def test_text_that_a_store_refuses_is_written_out(ctx: Context, port: Port) -> None:
    ctx.log.info("a\x00b\ud800c")

    assert port.lines[0][1] == "a\\x00b\\ud800c"


@pytest.mark.parametrize(
    ("given", "kept"),
    [(0, 0.0), (0.25, 0.25), (1, 1.0), (sum([0.1] * 10), sum([0.1] * 10)), (1 + 1e-12, 1.0)],
)
def test_progress_is_a_fraction(ctx: Context, port: Port, given: float, kept: float) -> None:
    ctx.progress(given, "half way")

    assert port.reports == [(kept, "half way")]


@pytest.mark.parametrize("given", [-0.1, 1.1, float("nan"), float("inf"), True, "0.5", None])
def test_anything_but_a_fraction_is_refused(ctx: Context, port: Port, given: float) -> None:
    with pytest.raises(InvalidInput, match="from 0 to 1"):
        ctx.progress(given)

    assert port.reports == []


def test_a_run_that_was_not_asked_to_stop_goes_on(ctx: Context) -> None:
    ctx.check_cancelled()

    assert not ctx.cancelled


def test_a_run_that_was_asked_to_stop_can_see_it_and_stop(ctx: Context, port: Port) -> None:
    port.is_asked_to_stop = True

    assert ctx.cancelled
    with pytest.raises(asyncio.CancelledError):
        ctx.check_cancelled()


def test_an_artifact_is_handed_on_with_its_content_type(ctx: Context, port: Port) -> None:
    ctx.artifact("chart.png", b"\x89PNG", type="image/png")

    assert port.artifacts == [("chart.png", "image/png", b"\x89PNG")]


def test_an_artifact_without_a_type_is_just_bytes(ctx: Context, port: Port) -> None:
    ctx.artifact("dump", bytearray(b"x"))

    assert port.artifacts == [("dump", "application/octet-stream", b"x")]


def test_a_file_is_read_when_it_is_given(ctx: Context, port: Port, tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    file.write_bytes(b"a,b")

    ctx.artifact("report.csv", file, type="text/csv; charset=utf-8")
    file.unlink()

    assert port.artifacts == [("report.csv", "text/csv; charset=utf-8", b"a,b")]


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "a b", "x" * 129, "ä"])
def test_an_artifact_name_that_is_no_plain_file_name_is_refused(ctx: Context, port: Port, name: str) -> None:
    with pytest.raises(InvalidInput, match="artifact name"):
        ctx.artifact(name, b"")

    assert port.artifacts == []


@pytest.mark.parametrize("kind", ["", "png", "image/", "image/png\r\nX: y"])
def test_an_artifact_type_that_is_no_content_type_is_refused(ctx: Context, port: Port, kind: str) -> None:
    with pytest.raises(InvalidInput, match="content type"):
        ctx.artifact("chart.png", b"", type=kind)

    assert port.artifacts == []


def test_an_artifact_of_another_kind_than_bytes_is_refused(ctx: Context) -> None:
    with pytest.raises(InvalidInput, match="not str"):
        ctx.artifact("note.txt", "text")  # type: ignore[arg-type]
