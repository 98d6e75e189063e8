"""`beltline jobs artifacts`, and what the commands show of payloads that lie in objects."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from beltline.config import ObjectsConfig
from beltline.engine.objects import NewArtifact, add_artifact
from beltline.store.contract import Store
from beltline.store.open import configured_store
from tests.cli.shop import NAMESPACE, Shop, Terminal

TEXT = "x" * 5_000
PAYLOAD = json.dumps({"text": TEXT})


@pytest.fixture
def cli(terminal: Terminal, shop: Shop) -> Terminal:
    """The command line pointed at the shop; a payload over one KiB goes into an object."""
    env = {"BELTLINE_STORE": shop.url, "BELTLINE_OBJECTS_THRESHOLD": "1KiB"}
    return Terminal(terminal.capsys, terminal.monkeypatch, env)


@pytest.fixture
def app(tmp_path: Path) -> str:
    """An app with a job of texts."""
    file = tmp_path / "texts.py"
    file.write_text(
        "from beltline import Beltline, Context\nbelt = Beltline()\n\n\n@belt.job\n"
        "async def echo(ctx: Context, text: str) -> str:\n"
        "    ctx.artifact('note.txt', text.encode()[:9], type='text/plain')\n    return text\n"
    )
    return str(file)


def objects_of(shop: Shop) -> Path:
    return Path(f"{shop.url.removeprefix('sqlite:///')}.objects")


def add(shop: Shop, *artifacts: NewArtifact) -> None:
    """Add artifacts to a job, as a worker does."""

    async def work(_: Store) -> None:
        store = configured_store(shop.url, ObjectsConfig(), {})
        await store.open()
        for artifact in artifacts:
            await add_artifact(store, NAMESPACE, artifact)
        await store.close()

    shop.on_store(work)


def test_a_job_shows_its_large_payload_and_result_and_its_artifacts(cli: Terminal, app: str) -> None:
    cli("definitions", "apply", app)
    job_id = cli("submit", "echo", PAYLOAD).out.strip()
    assert cli("work", app, "--until-idle").code == 0

    shown = cli("jobs", "show", job_id, "--json").json

    assert shown["payload"] == {"text": TEXT}
    assert shown["result"] == TEXT
    assert [(each["id"], each["run"], each["size"]) for each in shown["artifacts"]] == [("note.txt", 1, 9)]
    assert "Artifacts" in cli("jobs", "show", job_id).out


def test_jobs_are_exported_whole(cli: Terminal, app: str) -> None:
    cli("definitions", "apply", app)
    ids = [cli("submit", "echo", PAYLOAD).out.strip() for _ in range(2)]
    assert cli("work", app, "--until-idle").code == 0
    cli("submit", "echo", PAYLOAD)

    ran = cli("jobs", "export", "--state", "succeeded")

    lines = [json.loads(line) for line in ran.lines]
    assert (ran.code, [line["id"] for line in lines]) == (0, ids[::-1])
    assert [(line["payload"], line["result"]) for line in lines] == [({"text": TEXT}, TEXT)] * 2
    assert "2 jobs" in ran.err


def test_an_export_says_which_jobs_are_not_whole_and_goes_on(cli: Terminal, shop: Shop, app: str) -> None:
    cli("definitions", "apply", app)
    lost = cli("submit", "echo", PAYLOAD).out.strip()
    shutil.rmtree(objects_of(shop))
    kept = cli("submit", "echo", PAYLOAD).out.strip()

    ran = cli("jobs", "export")

    lines = {line["id"]: line for line in map(json.loads, ran.lines)}
    assert ran.code == 1
    assert "objects" in lines[lost]["objects_error"]
    assert lines[kept]["payload"] == {"text": TEXT}
    assert "of 1 of them an object could not be read" in ran.err


def test_a_job_whose_object_is_gone_is_shown_all_the_same(cli: Terminal, shop: Shop, app: str) -> None:
    cli("definitions", "apply", app)
    job_id = cli("submit", "echo", PAYLOAD).out.strip()
    shutil.rmtree(objects_of(shop))

    ran = cli("jobs", "show", job_id, "--json")

    assert ran.code == 0
    assert ran.json["payload"] is None
    assert ran.json["payload_object"]["size"] == len(PAYLOAD)
    assert "objects" in ran.json["objects_error"]
    assert "bytes in the object store, not read" in cli("jobs", "show", job_id).out


def test_a_list_says_where_a_large_payload_is(cli: Terminal, app: str) -> None:
    cli("definitions", "apply", app)
    cli("submit", "echo", PAYLOAD)

    [job] = cli("jobs", "ls", "--json").json["items"]

    assert job["payload"] is None
    assert job["payload_object"]["size"] == len(PAYLOAD)


def test_artifacts_are_listed_with_size_type_and_hash(cli: Terminal, shop: Shop) -> None:
    job_id = cli("submit", "resize").out.strip()
    add(shop, NewArtifact(job_id, 1, "a.csv", "text/csv", b"a,b"))

    page = cli("jobs", "artifacts", job_id, "--json").json

    [item] = page["items"]
    assert (item["id"], item["run"], item["type"], item["size"]) == ("a.csv", 1, "text/csv", 3)
    assert item["sha256"] == hashlib.sha256(b"a,b").hexdigest()
    assert "a.csv" in cli("jobs", "artifacts", job_id).out


def test_artifacts_are_saved_the_latest_of_each_name(cli: Terminal, shop: Shop, tmp_path: Path) -> None:
    job_id = cli("submit", "resize").out.strip()
    add(
        shop,
        NewArtifact(job_id, 1, "a.csv", "text/csv", b"old"),
        NewArtifact(job_id, 2, "a.csv", "text/csv", b"new"),
        NewArtifact(job_id, 1, "b.csv", "text/csv", b"other"),
    )

    ran = cli("jobs", "artifacts", job_id, "--save", str(tmp_path / "out" / "deep"))

    assert ran.code == 0
    saved = {file.name: file.read_bytes() for file in (tmp_path / "out" / "deep").iterdir()}
    assert saved == {"a.csv": b"new", "b.csv": b"other"}


def test_a_job_without_artifacts_has_none(cli: Terminal) -> None:
    job_id = cli("submit", "resize").out.strip()

    ran = cli("jobs", "artifacts", job_id)

    assert (ran.code, ran.out) == (0, "")
    assert "no artifacts" in ran.err


def test_artifacts_of_an_unknown_job_are_not_found(cli: Terminal) -> None:
    assert cli("jobs", "artifacts", "nobody").code == 3


def test_a_submit_that_cannot_be_kept_says_so(cli: Terminal, shop: Shop, app: str) -> None:
    cli("definitions", "apply", app)
    objects_of(shop).write_text("no folder")

    ran = cli("submit", "echo", PAYLOAD, "--json")

    assert ran.code == 4
    assert ran.error["code"] == "objects_unavailable"
    assert cli("jobs", "ls", "--json").json["items"] == []


def test_objects_are_encrypted_anew(cli: Terminal, app: str) -> None:
    cli("definitions", "apply", app)
    cli("submit", "echo", PAYLOAD)
    keys = {"KEY": "aa" * 32, "BELTLINE_OBJECTS_KEYS": "2026=env:KEY"}
    locked = Terminal(cli.capsys, cli.monkeypatch, {**cli.env, **keys})

    planned = locked("objects", "reencrypt", "--dry-run", "--json").json
    done = locked("objects", "reencrypt")
    after = locked("objects", "reencrypt", "--json").json

    assert (planned["plain"], planned["left"], planned["reencrypted"]) == (1, 1, 0)
    assert "every object is encrypted with the current key" in done.err
    assert (after["current"], after["left"], after["complete"]) == (1, 0, True)
    assert cli("objects", "reencrypt").code != 0
