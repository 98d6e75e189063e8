"""`beltline doctor`, on each store."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from beltline.config import ObjectsConfig
from beltline.core.clock import MICROS, SystemClock
from beltline.engine.diagnosis import Finding, Level, examine
from beltline.runtime.host import examine_host
from beltline.store.contract import Store
from beltline.store.open import configured_store
from beltline.store.params import NewSession
from tests.cli.photo_app import belt
from tests.cli.shop import NAMESPACE, Shop, Terminal

LEASE: int = 60 * MICROS


def worker(shop: Shop, *, queues: tuple[str, ...] | None = None, **fields: Any) -> str:
    """Open the session of a worker that is alive; return its id."""

    async def work(store: Store) -> str:
        given = {"definitions": tuple(belt.registry.names()), **fields}
        session = NewSession(
            namespace=NAMESPACE,
            id="session",
            name="ann",
            host="here",
            pid=1,
            lease_us=LEASE,
            queues=queues,
            concurrency=1,
            now=store.now() + given.pop("beaten_us", 0),
            **given,
        )
        await store.sessions.open(session)
        return session.id

    return shop.on_store(work)


def findings(cli: Terminal, check: str) -> list[dict[str, str]]:
    return [item for item in cli("doctor", "--json").json["items"] if item["id"] == check]


def finding(cli: Terminal, check: str) -> dict[str, str]:
    [found] = findings(cli, check)
    return found


def test_where_all_is_well_every_check_says_so(cli: Terminal, shop: Shop) -> None:
    worker(shop)

    ran = cli("doctor")

    assert ran.code == 0, ran.out
    assert "all is well" in ran.err
    for check in ("python", "sqlite", "disk", "store", "clock", "settings", "workers", "stuck", "queues"):
        assert any(line.split()[:2] == ["ok", check] for line in ran.lines), check


def test_the_store_is_reached_and_its_version_told(any_cli: Terminal, any_shop: Shop) -> None:
    assert finding(any_cli, "store")["state"] == "ok"
    assert finding(any_cli, "clock")["state"] == "ok"


def test_jobs_that_wait_without_any_worker_are_an_error(any_cli: Terminal) -> None:
    any_cli("submit", "resize")

    found = finding(any_cli, "workers")

    assert found["state"] == "error"
    assert "1 jobs wait" in found["message"]
    assert "beltline work" in found["action"]
    assert any_cli("doctor").code == 1


def test_a_queue_that_nobody_works_on_is_named(any_cli: Terminal, any_shop: Shop) -> None:
    worker(any_shop, queues=("mails",))
    any_cli("submit", "resize", "--queue", "images")

    assert "'images'" in finding(any_cli, "queues")["message"]


def test_a_paused_queue_with_waiting_jobs_is_named(any_cli: Terminal, any_shop: Shop) -> None:
    worker(any_shop)
    any_cli("submit", "resize", "--queue", "images")
    any_cli("queues", "pause", "images")

    found = finding(any_cli, "paused")

    assert found["state"] == "warning"
    assert found["action"].startswith("`beltline queues resume images`")


def test_a_definition_that_no_live_worker_has_code_for_is_named(any_cli: Terminal, any_shop: Shop) -> None:
    worker(any_shop, definitions=("resize",))

    found = finding(any_cli, "definitions")

    assert found["state"] == "warning"
    assert "hold" in found["message"]
    assert "resize" not in found["message"]


def test_a_worker_that_fell_silent_is_named_with_what_it_holds(any_cli: Terminal, any_shop: Shop) -> None:
    any_cli("submit", "resize")
    any_shop.claim()

    async def lose(store: Store) -> None:
        [session] = await store.sessions.page(NAMESPACE)
        await store.sessions.lose(NAMESPACE, session.id, session.beats, store.now())

    any_shop.on_store(lose)

    found = finding(any_cli, "stuck")
    assert found["state"] == "error"
    assert "1 jobs are running for hand" in found["message"]


def test_a_worker_past_its_lease_counts_as_silent(any_cli: Terminal, any_shop: Shop) -> None:
    worker(any_shop, beaten_us=-2 * LEASE)

    found = findings(any_cli, "workers")

    assert [item["state"] for item in found] == ["warning", "ok"]
    assert "ann on here is silent for" in found[0]["message"]


def test_times_that_are_still_to_come_are_told(any_cli: Terminal, any_shop: Shop) -> None:
    worker(any_shop, beaten_us=LEASE)

    assert "ann" in finding(any_cli, "clock")["message"]


@pytest.mark.parametrize(("ahead_s", "words"), [(90, "90.0s before"), (-90, "90.0s behind")])
def test_a_host_whose_clock_differs_is_told(shop: Shop, ahead_s: int, words: str) -> None:
    async def look(store: Store) -> list[Finding]:
        return await examine(store, NAMESPACE, local_now=store.now() + ahead_s * MICROS)

    [found] = [found for found in shop.on_store(look) if found.check == "clock"]

    assert found.level is Level.WARNING
    assert words in found.message


def test_a_store_that_does_not_exist_is_not_made(terminal: Terminal, tmp_path: Path) -> None:
    ran = terminal("doctor", "--store", f"sqlite:///{tmp_path / 'none.db'}", "--json")

    assert ran.code == 1
    assert (
        "does not exist yet" in next(item for item in ran.json["items"] if item["id"] == "store")["message"]
    )
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_an_error_without_the_password(terminal: Terminal) -> None:
    ran = terminal("doctor", "--store", "postgresql://me:s3cret@127.0.0.1:1/db")

    assert ran.code == 1
    assert "s3cret" not in ran.out + ran.err
    assert "see that the server runs" in ran.out


def test_settings_that_risk_the_data_are_told(terminal: Terminal, postgres_schema_url: str) -> None:
    Shop(postgres_schema_url).apply_definitions()

    ran = terminal("doctor", "--store", f"{postgres_schema_url}&synchronous_commit=off", "--json")

    found = [item for item in ran.json["items"] if item["id"] == "settings"]
    assert any("synchronous_commit is off" in item["message"] for item in found)
    assert all(item["action"] for item in found)


def test_connections_are_held_against_what_the_server_allows(
    terminal: Terminal, postgres_schema_url: str
) -> None:
    Shop(postgres_schema_url).apply_definitions()
    store = Terminal(terminal.capsys, terminal.monkeypatch, {"BELTLINE_STORE": postgres_schema_url})

    assert "are open; 0 workers may want 0" in finding(store, "connections")["message"]


def test_a_disk_that_is_not_local_is_an_error(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"disk / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n", "utf-8")

    found = examine_host(f"sqlite:///{tmp_path}/a.db", mounts=mounts)

    assert [(item.check, item.level) for item in found if item.level is not Level.OK] == [
        ("disk", Level.ERROR)
    ]
    assert "lies on nfs4" in found[-1].message


def test_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    found = examine_host(f"sqlite:///{tmp_path}/no/a.db")

    assert found[-1].level is Level.ERROR


@pytest.mark.parametrize(("free", "level"), [(50_000_000, Level.ERROR), (500_000_000, Level.WARNING)])
def test_a_disk_that_is_nearly_full_is_told(tmp_path: Path, free: int, level: Level) -> None:
    found = examine_host(f"sqlite:///{tmp_path}/a.db", free=lambda _: free)

    assert found[-1].level is level


def objects_finding(cli: Terminal, **env: Any) -> dict[str, str]:
    [found] = [item for item in cli("doctor", "--json", **env).json["items"] if item["id"] == "objects"]
    return dict(found)


def test_where_objects_lie_is_told_and_whether_that_is_reached(
    cli: Terminal, shop: Shop, tmp_path: Path
) -> None:
    (tmp_path / "no-folder").write_text("")
    place = tmp_path / "objects"

    there = objects_finding(cli, BELTLINE_OBJECTS=f"file://{place}")
    away = objects_finding(cli, BELTLINE_OBJECTS=f"file://{tmp_path / 'no-folder'}")

    assert (there["state"], away["state"]) == ("ok", "error")
    assert "which can be written" in there["message"]
    assert "jobs with large payloads wait" in away["action"]
    assert [*place.iterdir()] == []


def test_a_folder_of_objects_that_cannot_be_written_is_told(
    cli: Terminal, shop: Shop, tmp_path: Path
) -> None:
    place = tmp_path / "objects"
    objects = ObjectsConfig(url=f"file://{place}")

    async def owner() -> str:
        store = configured_store(shop.url, objects, {}, clock=SystemClock())
        await store.open()
        await store.close()
        assert store.objects is not None
        return store.objects.owner

    # It can be listed. Nobody writes below a file, not even root, whom no permission stops.
    folder = place / asyncio.run(owner())
    folder.mkdir(parents=True)
    (folder / "probe").write_text("")

    found = objects_finding(cli, BELTLINE_OBJECTS=f"file://{place}")

    assert found["state"] == "error"
    assert "cannot write the object" in found["message"]
    assert "can be written" in found["action"]


def test_a_key_of_objects_that_is_missing_is_told(cli: Terminal, shop: Shop, tmp_path: Path) -> None:
    found = objects_finding(
        cli, BELTLINE_OBJECTS=f"file://{tmp_path / 'objects'}", BELTLINE_OBJECTS_KEYS="k1=env:NOBODY_SET_THIS"
    )

    assert (found["state"], "NOBODY_SET_THIS" in found["message"]) == ("error", True)
