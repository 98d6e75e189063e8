"""`beltline init`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import click

from beltline.cli.command import Invocation, command, example, pass_invocation
from beltline.cli.output import note, print_list
from beltline.core.errors import InvalidInput

_SUFFIX: Final = ".template"
_HIDDEN: Final = "gitignore"


@command("init", epilog=example("beltline init words\nbeltline init"))
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path, file_okay=False))
@pass_invocation
def init(invocation: Invocation, *, folder: Path) -> None:
    """Write a small project that runs into DIR: a job with its test, the settings, what it works on.

    Nothing that is there is overwritten: where a file exists already, nothing is written at all.
    """
    found = _starter()
    taken = [name for name in found if (folder / name).exists()]
    if taken:
        raise InvalidInput(
            f"{folder} has {', '.join(taken)} already, and nothing is overwritten; nothing was written:"
            " name another folder"
        )
    for name, content in found.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    if invocation.json:
        print_list([{"id": name, "path": str(folder / name)} for name in found])
        return
    for name in found:
        click.echo(folder / name)
    begin = "" if folder == Path() else f"cd {folder} && "
    note(f"now: {begin}beltline dev app.py")


def _starter() -> Mapping[str, str]:
    """Return the files of the project by the path that they get."""
    root = files("beltline.cli") / "starter"
    return {_name(path): item.read_text("utf-8") for path, item in sorted(_walked(root, "").items())}


def _walked(folder: Traversable, place: str) -> Mapping[str, Traversable]:
    found: dict[str, Traversable] = {}
    for item in folder.iterdir():
        if item.is_dir():
            found.update(_walked(item, f"{place}{item.name}/"))
        else:
            found[place + item.name] = item
    return found


def _name(path: str) -> str:
    name = path.removesuffix(_SUFFIX)
    return f".{name}" if name == _HIDDEN else name
