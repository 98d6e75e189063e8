"""From a photograph to its thumbnails. Knows nothing of jobs."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from PIL import Image, ImageFilter, UnidentifiedImageError

Turn: TypeAlias = Literal[0, 90, 180, 270]

SIZES: Final = (96, 240, 480)
TURNS: Final[tuple[Turn, ...]] = (0, 90, 180, 270)
_QUALITY: Final = 85


class DamagedPhotograph(Exception):
    """The file is no whole image; trying again does not help, another copy of it does."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A thumbnail that was written: `sha256` is the checksum of the file."""

    file: str
    width: int
    height: int
    sha256: str


def make_thumbnails(photograph: Path, turn: Turn, folder: Path, fence: int) -> Iterator[Thumbnail]:
    """Write the thumbnails of a photograph, one of each size, and yield each when it is there.

    A repeated run writes the same bytes again; at no moment does a name hold half a file. Raises
    DamagedPhotograph.
    """
    image = read_photograph(photograph, turn)
    for size in SIZES:
        shrunk = shrink(image, size)
        data = encode(shrunk)
        file = folder / thumbnail_name(photograph, turn, size)
        write_whole(file, data, fence)
        yield Thumbnail(file.name, shrunk.width, shrunk.height, hashlib.sha256(data).hexdigest())


def thumbnail_name(photograph: Path, turn: Turn, size: int) -> str:
    """Return the file name of a thumbnail; it names all that the content depends on."""
    return f"{photograph.stem}-{turn}-{size}.jpg"


def read_photograph(photograph: Path, turn: Turn) -> Image.Image:
    """Return the image, turned by so many degrees. Raises DamagedPhotograph."""
    try:
        with Image.open(photograph) as image:
            return image.convert("RGB").rotate(turn, expand=True)
    except UnidentifiedImageError as error:
        raise DamagedPhotograph(f"{photograph.name} is no image; {_advice(photograph)}") from error
    except (OSError, SyntaxError) as error:
        if not photograph.is_file():
            raise
        raise DamagedPhotograph(f"{photograph.name} is damaged ({error}); {_advice(photograph)}") from error


def shrink(image: Image.Image, size: int) -> Image.Image:
    """Return the image within a square of `size` pixels, sharpened; a smaller one is not enlarged."""
    shrunk = image.copy()
    shrunk.thumbnail((size, size), Image.Resampling.LANCZOS)
    return shrunk.filter(ImageFilter.UnsharpMask(radius=1, percent=60))


def encode(image: Image.Image) -> bytes:
    """Return the image as JPEG; the same image gives the same bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return buffer.getvalue()


def write_whole(file: Path, data: bytes, fence: int) -> None:
    """Put a file in place in one step, and remove what a killed earlier run left half done.

    The fence keeps two runs of one job from writing into one temporary file.
    """
    part = file.with_name(f".{file.name}.{fence}.part")
    part.write_bytes(data)
    part.replace(file)
    for left in file.parent.glob(f".{file.name}.*.part"):
        if int(left.name.split(".")[-2]) < fence:
            left.unlink(missing_ok=True)


def _advice(photograph: Path) -> str:
    return f"put a whole copy at {photograph} and replay this job"
