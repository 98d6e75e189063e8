"""`beltline queues`, `definitions`, `db` and `config`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.shop import APP, NAMESPACE, Shop, Terminal


def test_queues_are_listed_with_what_waits_in_them(any_cli: Terminal, any_shop: Shop) -> None:
    any_cli("submit", "resize")
    any_shop.fail()
    any_cli("submit", "resize")
    any_cli("submit", "resize", "--delay", "1h")

    queue = any_cli("queues", "ls", "--json").json["items"][0]
    head, row = any_cli("queues", "ls").lines

    assert (queue["id"], queue["state"], queue["queued"], queue["running"]) == ("images", "active", 1, 0)
    assert queue["jobs"] == {"failed": 1, "queued": 1, "scheduled": 1}
    assert head.split()[:6] == ["QUEUE", "STATE", "QUEUED", "RUNNING", "LATER", "DEAD"]
    assert row.split()[:6] == ["images", "active", "1", "0", "1", "1"]


def test_a_paused_queue_hands_out_nothing_until_it_is_resumed(any_cli: Terminal, any_shop: Shop) -> None:
    any_cli("submit", "resize")

    paused = any_cli("queues", "pause", "images", "--why", "disk is full", "--json")
    assert [queue["state"] for queue in paused.json["items"]] == ["paused"]
    assert any_shop.claim() == []

    assert any_cli("queues", "resume", "images").err == "queue images is active\n"
    assert len(any_shop.claim()) == 1
    entries = any_shop.on_store(lambda store: store.audit.page(NAMESPACE))
    assert [(entry.action, entry.reason) for entry in entries] == [
        ("queue.pause", "disk is full"),
        ("queue.resume", ""),
    ]


def test_a_queue_name_that_cannot_be_is_refused(cli: Terminal) -> None:
    ran = cli("queues", "pause", "no spaces")

    assert ran.code == 2
    assert cli("queues", "ls", "--json").json["items"] == []


def test_a_store_without_queues_or_definitions_says_what_to_do(terminal: Terminal) -> None:
    assert "`beltline submit` fills one" in terminal("queues", "ls").err
    assert "beltline definitions apply" in terminal("definitions", "ls").err


def test_the_definitions_of_an_app_are_applied_once(any_cli: Terminal) -> None:
    again = any_cli("definitions", "apply", APP, "--json").json
    listed = any_cli("definitions", "ls", "--json").json

    assert [item["state"] for item in again["items"]] == ["unchanged", "unchanged"]
    assert [item["id"] for item in listed["items"]] == ["hold", "resize"]
    assert listed["items"][1]["owner"] == "media"
    assert listed["items"][1]["schema"]["properties"]["width"]["type"] == "integer"
    assert listed["items"][1]["policies"]["max_attempts"] == 1


def test_definitions_are_told_for_people(terminal: Terminal) -> None:
    assert terminal("definitions", "apply", APP).lines == ["hold changed", "resize changed"]
    assert terminal("definitions", "ls").lines[2].split()[:1] == ["resize"]


def test_an_app_without_jobs_is_remarked(terminal: Terminal) -> None:
    Path("empty.py").write_text("from beltline import Beltline\nbelt = Beltline()\n", "utf-8")

    ran = terminal("definitions", "apply", "empty.py")

    assert ran.code == 0
    assert "@belt.job" in ran.err


def test_migrate_brings_a_store_up_to_date(terminal: Terminal, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"

    before = terminal("db", "status", "--store", url, "--json")
    migrated = terminal("db", "migrate", "--store", url)
    after = terminal("db", "status", "--store", url, "--json")

    assert before.code == 1
    assert {item["state"] for item in before.json["items"]} == {"pending"}
    assert migrated.code == 0
    assert after.code == 0
    assert {item["state"] for item in after.json["items"]} == {"applied"}


def test_status_of_a_file_that_is_not_there_makes_none(terminal: Terminal, tmp_path: Path) -> None:
    ran = terminal("db", "status", "--store", f"sqlite:///{tmp_path / 'absent.db'}")

    assert ran.code == 1
    assert list(tmp_path.glob("absent*")) == []


def test_status_tells_what_each_store_has(any_cli: Terminal) -> None:
    ran = any_cli("db", "status")

    assert ran.code == 0
    assert ran.lines[1].split() == ["0001_initial", "applied"]
    assert all(line.endswith("applied") for line in ran.lines[1:])


def test_the_settings_are_shown_with_their_sources(terminal: Terminal) -> None:
    Path("beltline.toml").write_text('[worker]\nlease = "1m"\n', "utf-8")

    ran = terminal("config", "show", "--json", BELTLINE_STORE="postgresql://me:s3cret@host/db")

    items = {item["id"]: item for item in ran.json["items"]}
    assert items["worker.lease"] == {
        "id": "worker.lease",
        "value": "60s",
        "source": "beltline.toml [worker] lease",
    }
    assert items["store.url"]["value"] == "postgresql://me:***@host/db"
    assert items["worker.threads"]["source"] == "default"
    assert "BELTLINE_WORKER_LEASE" in terminal("config", "show").out


def test_a_good_configuration_is_confirmed(terminal: Terminal) -> None:
    assert terminal("config", "check").code == 0
    assert terminal("config", "check", "--json").json["valid"] is True


def test_every_problem_of_the_configuration_is_told(terminal: Terminal) -> None:
    Path("beltline.toml").write_text('[worker]\nlease = "soon"\n[kitchen]\nsink = 1\n', "utf-8")

    ran = terminal("config", "check", "--json", BELTLINE_NAMESPACE="no spaces")

    assert ran.code == 2
    assert ran.error["code"] == "config_invalid"
    assert len(ran.error["problems"]) == 3


def test_a_file_can_be_checked_in_place_of_the_usual_one(terminal: Terminal) -> None:
    Path("beltline.toml").write_text('[worker]\nlease = "soon"\n', "utf-8")
    Path("next.toml").write_text('[worker]\nlease = "1m"\n', "utf-8")

    assert terminal("config", "check").code == 2
    assert terminal("config", "check", "next.toml").code == 0
    items = {item["id"]: item for item in terminal("config", "show", "next.toml", "--json").json["items"]}
    assert items["worker.lease"]["source"] == "next.toml [worker] lease"


def test_a_file_that_is_missing_is_a_problem(terminal: Terminal) -> None:
    ran = terminal("config", "check", "none.toml")

    assert ran.code == 2
    assert "none.toml: cannot be read" in ran.err


def test_of_all_sources_the_nearest_counts_and_is_named(terminal: Terminal) -> None:
    Path("beltline.toml").write_text('[store]\nnamespace = "file"\n[worker]\nthreads = 3\n', "utf-8")

    ran = terminal("config", "show", "--namespace", "flag", "--json", BELTLINE_WORKER_THREADS="4")

    items = {item["id"]: (item["value"], item["source"]) for item in ran.json["items"]}
    assert items["store.namespace"] == ("flag", "flag --namespace")
    assert items["worker.threads"] == (4, "environment BELTLINE_WORKER_THREADS")
    assert items["worker.concurrency"] == (100, "default")


def test_a_bad_configuration_stops_every_command(cli: Terminal) -> None:
    assert cli("jobs", "ls", BELTLINE_WORKER_THREADS="none").code == 2
