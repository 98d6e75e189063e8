from __future__ import annotations

import ast
import importlib
import io
import json
import re
import struct
import sys
from pathlib import Path

import pytest

from bench.peers.adapter import NOOP, RECORD, Adapter
from bench.peers.catalog import OURS, PEERS, Needs, chosen
from bench.peers.driver import serve
from bench.peers.environments import PINS, NotInstalled, _python
from bench.peers.link import Scene
from bench.peers.measures import MEASURES, Bench, Sizes
from bench.peers.servers import NoServer, Place, Servers
from tests.architecture.source import REPOSITORY

PIN = re.compile(r"[A-Za-z0-9._-]+==[^\s;]+")
PROMISED = {name for name in vars(Adapter) if not name.startswith("_")} | {"settings", "has_bulk"}


@pytest.mark.parametrize("module", sorted({peer.module for peer in (*OURS, *PEERS)}))
def test_an_adapter_has_all_that_the_protocol_promises(module: str) -> None:
    tree = ast.parse((REPOSITORY / f"{module.replace('.', '/')}.py").read_text("utf-8"))

    [made] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "adapter"]
    [adapter] = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    names = {getattr(node, "name", None) for node in adapter.body}
    names |= {ast.unparse(node.targets[0]) for node in adapter.body if isinstance(node, ast.Assign)}
    assert PROMISED - {"mro"} <= names
    assert ast.unparse(made.returns or ast.Constant(None)) == adapter.name


@pytest.mark.parametrize("environment", sorted({peer.environment for peer in PEERS}))
def test_the_packages_of_a_peer_are_pinned(environment: str) -> None:
    lines = (PINS / f"{environment}.txt").read_text("utf-8").split()

    assert [line for line in lines if not PIN.fullmatch(line)] == []
    assert any(line.lower().startswith(f"{environment}==") for line in lines)


def test_names_choose_peers_and_beltline_is_always_there() -> None:
    assert [peer.name for peer in chosen("huey,arq")] == [
        *(peer.name for peer in OURS),
        "huey-redis",
        "huey-sqlite",
        "arq",
    ]
    assert chosen("") == (*OURS, *PEERS)
    with pytest.raises(ValueError, match="unknown peers nobody; known are arq"):
        chosen("nobody,rq")


async def test_a_driver_answers_each_order_and_tells_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_URL", f"sqlite:///{tmp_path}/bench.db")
    monkeypatch.delitem(sys.modules, "bench.peers.adapters.ours", raising=False)
    orders = [
        {"do": "open"},
        {"do": "submit", "work": NOOP, "first": 0, "jobs": 2, "limit_s": 9},
        {"do": "bulk", "work": "burn", "first": 2, "jobs": 1_500, "limit_s": 9},
        {"do": "pace", "work": NOOP, "first": 5, "jobs": 1, "pause_s": 0},
        {"do": "unfinished"},
        {"do": "nothing"},
        {"do": "close"},
    ]
    answers = io.StringIO()

    await serve(
        "bench.peers.adapters.ours", io.StringIO("".join(f"{json.dumps(o)}\n" for o in orders)), answers
    )

    opened, single, bulk, paced, left, unknown, closed = map(json.loads, answers.getvalue().splitlines())
    assert opened["has_bulk"]
    assert opened["workers"][NOOP][:3] == ["-m", "beltline.cli", "work"]
    assert (single["jobs"], bulk["jobs"], len(paced["stamps"])) == (2, 1_500, 1)
    assert left["unfinished"] == 1_503
    assert "unknown order 'nothing'" in unknown["error"]
    assert closed == {}
    monkeypatch.delitem(sys.modules, "bench.peers.adapters.ours")


def test_what_bodies_tell_is_read_back(tmp_path: Path) -> None:
    scene = Scene(Path(sys.executable), "any", Place("sqlite:///x", "x"), tmp_path)
    assert (scene.count(), scene.runs()) == (0, [])

    # The second record is still being written.
    scene.runs_file.write_bytes(RECORD.pack(7, 123) + struct.pack("<q", 8))

    assert scene.count() == 1
    assert scene.runs() == [(7, 123)]


def test_a_drain_of_beltline_is_measured_from_outside() -> None:
    peer = next(peer for peer in OURS if peer.needs is Needs.SQLITE)
    with Servers() as servers:
        bench = Bench(peer, Path(sys.executable), servers, Sizes(jobs=40, limit_s=60))

        figures = MEASURES["drain_1"](bench)

    assert figures["bulk_per_s"] > 0
    assert figures["drain_1_per_s"] > 0


def test_a_missing_server_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("BELTLINE_BENCH_REDIS", raising=False)
    with Servers() as servers:
        for _ in range(2):
            with pytest.raises(NoServer, match="BELTLINE_BENCH_REDIS"):
                servers.url(Needs.REDIS)


def test_a_python_that_is_too_old_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOME", "/nowhere")

    with pytest.raises(NotInstalled, match="BELTLINE_BENCH_PYTHON"):
        _python((99, 0))


def test_no_adapter_brings_its_peer_into_this_environment() -> None:
    for name in ("bench.peers.catalog", "bench.peers.measures", "bench.report"):
        importlib.import_module(name)

    assert {"huey", "celery", "rq", "arq"}.isdisjoint(sys.modules)
