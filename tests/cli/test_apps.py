"""How APP is found, and what is said when it is not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from beltline import Beltline
from beltline.client.loading import load_app, store_of
from beltline.config import StoreConfig
from beltline.core.errors import AppImportFailed
from tests.cli import photo_app
from tests.cli.shop import APP, Terminal

ONE = "from beltline import Beltline\nbelt = Beltline()\n"
TWO = ONE + "other = Beltline()\n"


@pytest.fixture(autouse=True)
def clean_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty working folder; what a test imports is forgotten after it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    yield
    for name in set(sys.modules) - known:
        del sys.modules[name]


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, "utf-8")


def refusal(target: str) -> str:
    with pytest.raises(AppImportFailed) as caught:
        load_app(target)
    return str(caught.value)


def test_a_module_and_its_object() -> None:
    assert load_app(APP) is photo_app.belt


def test_the_only_beltline_of_a_module_needs_no_name() -> None:
    assert load_app("tests.cli.photo_app") is photo_app.belt


def test_one_beltline_under_two_names_is_one() -> None:
    write("twice_app.py", ONE + "same = belt\n")

    assert isinstance(load_app("twice_app"), Beltline)


@pytest.mark.parametrize("target", ["shop/jobs_app.py", "shop/jobs_app.py:belt", "./shop/jobs_app.py"])
def test_a_file(target: str) -> None:
    write("shop/jobs_app.py", ONE)

    assert isinstance(load_app(target), Beltline)


def test_a_file_beside_others_may_import_them() -> None:
    write("shop/parts_of_it.py", "WIDTH = 5\n")
    write("shop/jobs_app.py", "import parts_of_it\n" + ONE)

    assert isinstance(load_app("shop/jobs_app.py"), Beltline)


def test_a_file_of_a_package_is_its_module() -> None:
    write("shop_package/__init__.py", "")
    write("shop_package/parts.py", "WIDTH = 5\n")
    write("shop_package/jobs.py", "from shop_package.parts import WIDTH\n" + ONE)

    assert load_app("shop_package/jobs.py") is load_app("shop_package.jobs:belt")


def test_a_file_loaded_twice_is_one_app() -> None:
    write("jobs_app.py", ONE)

    assert load_app("jobs_app.py") is load_app("jobs_app:belt")


@pytest.mark.parametrize("name", ["queue.py", "my-jobs.py", "json.py"])
def test_a_file_may_have_the_name_of_a_library_or_none_at_all(name: str) -> None:
    write(name, "import json\nassert json.loads('1') == 1\n" + ONE)

    assert isinstance(load_app(name), Beltline)


def test_a_file_with_the_name_of_a_library_loaded_twice_is_one_app() -> None:
    write("queue.py", ONE)

    assert load_app("queue.py") is load_app("queue.py")


def test_an_object_of_an_object() -> None:
    write("nested_app.py", ONE + "class Holder:\n    inner = belt\n")

    assert isinstance(load_app("nested_app:Holder.inner"), Beltline)


def test_a_missing_module_says_where_it_was_looked_for() -> None:
    text = refusal("no_such_module_here:belt")

    assert "'no_such_module_here' was not found" in text
    assert str(Path.cwd()) in text


def test_a_missing_part_of_a_package_is_named() -> None:
    write("shop_package/__init__.py", "")

    assert "there is no module 'shop_package.jobs'" in refusal("shop_package.jobs")


def test_a_missing_file_says_where_it_was_looked_for() -> None:
    assert f"does not exist (looked in {Path.cwd()})" in refusal("gone/jobs.py")


def test_a_target_that_is_neither_module_nor_file_is_refused() -> None:
    assert "neither a module nor a file" in refusal("two words:belt")


def test_a_missing_object_names_those_that_are_there() -> None:
    write("one_app.py", ONE)

    assert "has no object 'bolt'; it holds belt: write for instance one_app:belt" in refusal("one_app:bolt")


def test_an_object_that_is_no_beltline_is_refused() -> None:
    write("one_app.py", ONE + "number = 5\n")

    assert "one_app:number is a int, not a Beltline" in refusal("one_app:number")


def test_a_module_without_a_beltline_says_how_to_make_one() -> None:
    write("no_app.py", "number = 5\n")

    assert "belt = Beltline()" in refusal("no_app")


def test_of_two_beltlines_one_must_be_named() -> None:
    write("two_app.py", TWO)

    assert "it holds belt and other: write for instance two_app:belt" in refusal("two_app")
    assert isinstance(load_app("two_app:other"), Beltline)


@pytest.mark.parametrize("target", ["broken_app.py", "broken_app"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import os\nbelt = 1 / 0\n", "ZeroDivisionError: division by zero"),
        ("def job(:\n", "SyntaxError"),
        ("import no_such_library_at_all\n", "No module named 'no_such_library_at_all'"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ("from beltline import Beltline\nBeltline().job(5)\n", "broken_app.py"),
    ],
    ids=["error", "syntax", "import", "exit", "definition"],
)
def test_a_failing_import_shows_the_apps_own_part_of_the_traceback(text: str, said: str, target: str) -> None:
    write("broken_app.py", text)

    told = refusal(target)

    assert said in told
    assert "broken_app.py" in told
    assert "importlib" not in told
    assert "loading.py" not in told


def test_an_app_can_be_mended_and_loaded_again() -> None:
    write("broken_app.py", "belt = 1 / 0\n")
    refusal("broken_app.py")
    write("broken_app.py", ONE)

    assert isinstance(load_app("broken_app.py"), Beltline)


def test_a_failed_import_ends_the_command_with_2(terminal: Terminal) -> None:
    write("broken_app.py", "belt = 1 / 0\n")

    ran = terminal("definitions", "apply", "broken_app.py", "--json")

    assert ran.code == 2
    assert ran.error["code"] == "app_import_failed"


@pytest.mark.parametrize(
    ("configured", "used"),
    [
        (StoreConfig(), ("sqlite:///own.db", "shop")),
        (StoreConfig(url="sqlite:///given.db"), ("sqlite:///given.db", "shop")),
        (StoreConfig(namespace="given"), ("sqlite:///own.db", "given")),
    ],
)
def test_an_apps_own_store_holds_where_nothing_is_configured(
    configured: StoreConfig, used: tuple[str, str]
) -> None:
    app = Beltline("sqlite:///own.db", namespace="shop")

    found = store_of(app, configured)

    assert (found.url, found.namespace) == used
