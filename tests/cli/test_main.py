"""The command `beltline` itself: help, options anywhere, exit codes, errors, start-up."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import click
import pytest

from beltline.cli.command import Group
from beltline.cli.faults import EXIT_CODES, exit_code
from beltline.cli.main import ALIASES, COMMANDS, root
from beltline.cli.reference import reference
from beltline.core import errors
from tests.architecture.source import REPOSITORY
from tests.cli.shop import Shop, Terminal


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    found: list[tuple[tuple[str, ...], click.Command]] = []
    with click.Context(group) as ctx:
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            assert command is not None
            found.append(((*path, name), command))
            if isinstance(command, Group):
                found += commands(command, (*path, name))
    return found


EVERY = commands(root())


def test_the_help_names_every_command_and_every_exit_code(terminal: Terminal) -> None:
    ran = terminal("--help")

    assert ran.code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in ran.out
    for code, meaning in EXIT_CODES:
        assert f"{code:<4} {meaning}" in ran.out


@pytest.mark.parametrize("path", [path for path, _ in EVERY], ids=" ".join)
def test_every_command_explains_itself_with_an_example(path: tuple[str, ...], terminal: Terminal) -> None:
    ran = terminal(*path, "--help")

    assert ran.code == 0
    assert "Examples:" in ran.out
    for option in ("--store", "--namespace", "--json"):
        assert option in ran.out


def test_the_line_of_a_command_in_the_help_is_its_own_first_line() -> None:
    for (name, *rest), command in EVERY:
        if not rest:
            assert (
                COMMANDS[name].help.split(" (")[0].rstrip(".") in command.get_short_help_str(200)
                or command.help
            )


def test_an_alias_is_the_command(cli: Terminal) -> None:
    assert ALIASES["dlq"] == "dead-letters"
    assert cli("dlq", "ls", "--json").json == {"items": [], "next": None, "total": 0}


@pytest.mark.parametrize(
    "place",
    [
        lambda *words: (*words, "jobs", "ls"),
        lambda *words: ("jobs", *words, "ls"),
        lambda *words: ("jobs", "ls", *words),
    ],
    ids=["first", "between", "last"],
)
def test_the_shared_options_may_stand_anywhere(place: object, shop: Shop, terminal: Terminal) -> None:
    assert callable(place)
    ran = terminal(*place("--store", shop.url, "--namespace", "other", "--json"))

    assert ran.code == 0
    assert ran.json["items"] == []


def test_of_an_option_given_twice_the_later_counts(shop: Shop, terminal: Terminal) -> None:
    assert terminal("--store", "mysql://no/where", "jobs", "ls", "--store", shop.url).code == 0


def test_an_unknown_command_is_a_usage_error(terminal: Terminal) -> None:
    ran = terminal("launch")

    assert ran.code == 2
    assert "error [usage]: No such command 'launch'." in ran.err


def test_a_usage_error_shows_the_usage(terminal: Terminal) -> None:
    ran = terminal("jobs", "show")

    assert ran.code == 2
    assert "Usage: beltline jobs show [OPTIONS] ID" in ran.err
    assert "beltline jobs show --help" in ran.err


def test_a_usage_error_is_json_where_json_is_asked_for(terminal: Terminal) -> None:
    ran = terminal("jobs", "ls", "--state", "lost", "--json")

    assert ran.code == 2
    assert ran.error["code"] == "usage"
    assert ran.out == ""


def test_an_error_has_its_code_and_no_traceback(cli: Terminal) -> None:
    ran = cli("jobs", "show", "nope")

    assert ran.code == 3
    assert ran.err.startswith("error [not_found]: there is no job 'nope'")
    assert "Traceback" not in ran.err


def test_an_error_is_json_where_json_is_asked_for(cli: Terminal) -> None:
    ran = cli("jobs", "show", "nope", "--json")

    assert ran.error["code"] == "not_found"
    assert "nope" in ran.error["message"]


def test_the_traceback_is_shown_for_debugging(cli: Terminal) -> None:
    assert "Traceback" in cli("jobs", "show", "nope", BELTLINE_DEBUG="1").err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.Conflict("x"), 1),
        (errors.JobFailed("1", "failed", "timeout", ""), 1),
        (errors.ResultTimeout("x"), 1),
        (errors.InvalidInput("x"), 2),
        (errors.InvalidPayload("x", []), 2),
        (errors.ConfigError(["x"]), 2),
        (errors.AppImportFailed("x"), 2),
        (errors.Unsupported("x"), 2),
        (errors.NotFound("job", "x"), 3),
        (errors.UnknownDefinition("x"), 3),
        (errors.StoreUnavailable("x"), 4),
        (errors.StoreFull("x"), 4),
        (errors.SchemaOutdated("x"), 4),
        (errors.SchemaTooNew("x"), 4),
    ],
)
def test_an_exit_code_says_what_kind_of_error_it_was(error: errors.BeltlineError, code: int) -> None:
    assert exit_code(error) == code


@pytest.mark.parametrize("platform", ["win32", "cygwin"])
def test_windows_is_refused(platform: str, terminal: Terminal) -> None:
    terminal.monkeypatch.setattr(sys, "platform", platform)

    ran = terminal("jobs", "ls")

    assert ran.code == 2
    assert ran.err.startswith("error [unsupported]: Beltline runs on Linux and macOS, not on Windows")


def test_the_version_is_printed(terminal: Terminal) -> None:
    assert terminal("--version").out.startswith("beltline 0.")


def test_a_reader_that_goes_away_is_no_error(shop: Shop) -> None:
    """As in `beltline jobs ls | head -1`."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as output:
        ran = subprocess.run(
            [sys.executable, "-m", "beltline.cli", "jobs", "ls", "--json", "--store", shop.url],
            stdout=output,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert ran.returncode == 141
    assert ran.stderr == b""


def test_a_shell_can_ask_for_completion() -> None:
    env = {
        **os.environ,
        "_BELTLINE_COMPLETE": "bash_complete",
        "COMP_WORDS": "beltline jobs w",
        "COMP_CWORD": "2",
    }
    program = [sys.executable, "-c", "from beltline.cli.start import main; main()"]

    said = subprocess.run(program, env=env, capture_output=True, text=True, check=False)

    assert (said.returncode, said.stdout) == (0, "plain,watch\n")


def test_a_fault_of_our_own_is_a_line_without_secrets(terminal: Terminal) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("postgresql://me:s3cret@host/db")

    terminal.monkeypatch.setattr("beltline.cli.command.load_with_sources", broken)

    ran = terminal("config", "check")

    assert ran.code == 1
    assert ran.err.startswith("error [internal]: RuntimeError: postgresql://me:***@host/db")


def test_the_start_loads_nothing_heavy() -> None:
    program = "import json, sys\nimport beltline.cli.main\nprint(json.dumps(list(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert {"asyncio", "asyncpg", "pydantic", "rich", "jsonschema_rs"} & set(json.loads(said.stdout)) == set()


def processor_seconds(*arguments: str) -> float:
    """Return what a fresh interpreter uses for this."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_help_takes_little_time() -> None:
    """At most 2.2 times what an interpreter that only loads click takes; the best of five, taken in turn."""
    pairs = [
        (
            processor_seconds("-m", "beltline.cli", "--help"),
            processor_seconds("-c", "import click, dataclasses"),
        )
        for _ in range(5)
    ]
    help_s, bare_s = (min(column) for column in zip(*pairs, strict=True))

    assert help_s <= 2.2 * bare_s


def test_the_reference_in_the_docs_is_current() -> None:
    """Made by `python -m beltline.cli.reference > docs/cli.md`."""
    written = (REPOSITORY / "docs" / "cli.md").read_text("utf-8")

    assert written == reference()


def test_the_package_may_be_run_as_a_module(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "beltline.cli", "config", "check"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )

    assert ran.returncode == 0
