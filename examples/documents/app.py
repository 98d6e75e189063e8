"""Four batch types over a folder of documents: each splits by folder, and makes a job of each document.

What a job makes goes into a folder beside the documents, written whole (a new file, then renamed), so that a
job that is run again does no harm.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

from PIL import Image, ImageDraw

from beltline import Beltline, Children, Item, Split

belt = Beltline()

WORDS: Final = re.compile(r"[A-Za-z]{4,}")
TAGS: Final = ("job", "store", "time", "error", "test")
PAGE_SIZE: Final = (1_240, 1_754)
LINES_A_PAGE: Final = 100


# Documents below `folder`, and where what is made of them goes: `out`.
Place: TypeAlias = dict[str, str]


def documents(definition: Place) -> Iterator[Split | Item]:
    """Split a folder: a batch for each folder in it, an item for each document."""
    with os.scandir(definition["folder"]) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_dir(follow_symlinks=False):
                yield Split({**definition, "folder": entry.path})
            elif entry.name.endswith((".md", ".txt", ".py")):
                yield Item(path=entry.path, out=definition["out"])


@belt.job
def reprocess(path: str, out: str) -> int:
    """Read a document anew: its words and how often each occurs."""
    words = Counter(WORDS.findall(Path(path).read_text("utf-8").lower()))
    _write(out, path, ".json", json.dumps(words, sort_keys=True).encode())
    return words.total()


@belt.job
def tag(path: str, out: str) -> list[str]:
    """Tag a document with the words of a list that occur in it."""
    text = Path(path).read_text("utf-8").lower()
    tags = [word for word in TAGS if word in text]
    _write(out, path, ".tags", "\n".join(tags).encode())
    return tags


@belt.job
def stage(path: str, out: str) -> int:
    """Put a document where the export finds it."""
    data = Path(path).read_bytes()
    _write(out, path, "", data)
    return len(data)


@belt.job
def produce(path: str, out: str) -> int:
    """Print a document: its pages as one TIFF and one PDF."""
    lines = Path(path).read_text("utf-8").splitlines() or [""]
    pages = [_page(lines[first : first + LINES_A_PAGE]) for first in range(0, len(lines), LINES_A_PAGE)]
    for suffix, kind in ((".tiff", "TIFF"), (".pdf", "PDF")):
        target = _target(out, path, suffix)
        part = target.with_name(f"{target.name}.part")
        pages[0].save(part, format=kind, save_all=True, append_images=pages[1:])
        part.replace(target)
    return len(pages)


@belt.job
def pack(job_id: str) -> int:
    """Pack what an export has staged into one zip; it runs when the whole export has succeeded."""
    out = Path(os.environ["DOCUMENTS_OUT"])
    target = out / f"{job_id}.zip"
    with zipfile.ZipFile(target.with_suffix(".part"), "w", zipfile.ZIP_DEFLATED) as archive:
        staged = sorted(
            path for path in out.rglob("*") if path.is_file() and path.suffix not in {".part", ".zip"}
        )
        for path in staged:
            archive.write(path, path.relative_to(out))
    target.with_suffix(".part").replace(target)
    return len(staged)


reprocessing = belt.batch(item=reprocess, name="reprocessing")(documents)
tagging = belt.batch(item=tag, name="tagging", children=Children(tolerate=0.1))(documents)
exporting = belt.batch(item=stage, name="exporting", on_succeeded=pack)(documents)
producing = belt.batch(item=produce, name="producing", children=Children(on_failure="stop"))(documents)


def _page(lines: list[str]) -> Image.Image:
    page = Image.new("L", PAGE_SIZE, 255)
    ImageDraw.Draw(page).multiline_text((60, 60), "\n".join(lines), fill=0)
    return page


def _write(out: str, path: str, suffix: str, data: bytes) -> None:
    target = _target(out, path, suffix)
    part = target.with_name(f"{target.name}.part")
    part.write_bytes(data)
    part.replace(target)


def _target(out: str, path: str, suffix: str) -> Path:
    target = Path(out, *Path(path).parts[-2:])
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(target.name + suffix)
