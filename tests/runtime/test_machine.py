"""What a worker finds that its machine has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from beltline.client.beltline import Beltline
from beltline.config import WorkerConfig
from beltline.core.needs import amounts_of
from beltline.core.offers import Offer
from beltline.core.values import Offered
from beltline.definitions.registry import Registry
from beltline.runtime.machine import detected, offer_of


def control_group(root: Path, name: str, text: str) -> None:
    file = root / "sys/fs/cgroup" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def test_a_machine_has_its_processors_and_its_memory(tmp_path: Path) -> None:
    found = detected(tmp_path)

    assert found["cpu"] == len(os.sched_getaffinity(0)) * 1_000
    assert found["memory"] == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize("file", ["memory.max", "memory/memory.limit_in_bytes"])
def test_a_container_has_the_memory_of_its_limit(tmp_path: Path, file: str) -> None:
    control_group(tmp_path, file, "67108864\n")

    assert detected(tmp_path)["memory"] == 67_108_864


def test_a_container_has_the_processors_of_its_quota(tmp_path: Path) -> None:
    control_group(tmp_path, "cpu.max", "50000 100000\n")

    assert detected(tmp_path)["cpu"] == 500


def test_a_container_without_limits_has_what_the_machine_has(tmp_path: Path) -> None:
    before = detected(tmp_path)
    control_group(tmp_path, "cpu.max", "max 100000\n")
    control_group(tmp_path, "memory.max", "max\n")

    assert detected(tmp_path) == before


def test_what_is_named_takes_the_place_of_what_is_detected() -> None:
    config = WorkerConfig(resources=Offered(amounts=amounts_of({"cpu": 1, "gpu": 2})), tags=("eu",))

    offer = offer_of(config, Registry())

    assert (offer.amounts["cpu"], offer.amounts["gpu"], offer.tags) == (1_000, 2_000, frozenset(["eu"]))
    assert offer.amounts["memory"] == detected()["memory"]


def test_processes_of_one_command_share_what_is_detected() -> None:
    alone, shared = (offer_of(WorkerConfig(processes=count), Registry()).amounts for count in (1, 4))

    assert [shared[kind] for kind in ("cpu", "memory")] == [alone[kind] // 4 for kind in ("cpu", "memory")]


def test_an_offer_names_the_versions_of_the_app() -> None:
    belt = Beltline()

    @belt.job(version="7")
    async def mail() -> None: ...

    none = Offered(is_detected=False)
    assert offer_of(WorkerConfig(resources=none), belt.registry) == Offer(versions={"mail": "7"})
