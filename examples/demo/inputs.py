"""The demo's real input, out of packages that are installed, and the folder that the demo fills."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from examples.stage.shipped import shipped

# The photographs that the wheel of scikit-image holds; its drawings and test patterns are left out.
PHOTOGRAPHS: Final = (
    "astronaut.png",
    "brick.png",
    "camera.png",
    "cell.png",
    "chelsea.png",
    "clock_motion.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "motorcycle_right.png",
    "page.png",
    "retina.jpg",
    "rocket.jpg",
    "text.png",
)
DAMAGED: Final = "rocket.jpg"
TABLE: Final = "seattle-weather.csv"
_KEPT_OF_DAMAGED: Final = 0.4


@dataclass(frozen=True, slots=True)
class Folder:
    """Where the demo reads and writes: one folder, emptied at each start."""

    root: Path

    @property
    def photographs(self) -> Path:
        """The copied photographs."""
        return self.root / "photographs"

    @property
    def thumbnails(self) -> Path:
        """What `thumbnails` writes."""
        return self.root / "thumbnails"

    @property
    def table(self) -> Path:
        """The copied table."""
        return self.root / TABLE

    @property
    def weather(self) -> Path:
        """The database that `load` fills."""
        return self.root / "weather.db"

    @property
    def store(self) -> Path:
        """Beltline's own database, where no other store is named."""
        return self.root / "beltline.db"

    @property
    def log(self) -> Path:
        """What the workers say."""
        return self.root / "workers.log"

    def prepare(self) -> None:
        """Empty the folder of an earlier demo's files, copy the input into it and damage one photograph."""
        for made in (self.photographs, self.thumbnails):
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir(parents=True)
        for file in (self.weather, self.store):
            for left in self.root.glob(f"{file.name}*"):
                left.unlink()
        self.log.unlink(missing_ok=True)
        (self.root / ".gitignore").write_text("*\n")
        for name in PHOTOGRAPHS:
            shutil.copyfile(shipped("skimage", f"data/{name}"), self.photographs / name)
        shutil.copyfile(shipped("vega_datasets", f"_data/{TABLE}"), self.table)
        damage(self.photographs / DAMAGED)

    def repair(self) -> None:
        """Put a whole copy in the damaged photograph's place."""
        shutil.copyfile(shipped("skimage", f"data/{DAMAGED}"), self.photographs / DAMAGED)


def damage(file: Path) -> None:
    """Cut a file off, as a broken transfer does."""
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * _KEPT_OF_DAMAGED)])
