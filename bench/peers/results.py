"""What was found of each peer, one JSON file a peer, so that a run can be taken up again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.peers.measures import Figures, Sizes

RESULTS: Final = Path(__file__).parents[1] / "results"


@dataclass(slots=True)
class Record:
    """One peer's figures: `rounds` by measure, each a list; `faults` says why one is missing."""

    peer: str
    title: str
    store: str
    commit: str
    machine: Mapping[str, object]
    sizes: Mapping[str, object]
    versions: Mapping[str, str] = field(default_factory=dict)
    server: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    rounds: dict[str, list[Figures]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def median(self) -> Figures:
        """Return the median of each figure over its rounds."""
        found: dict[str, list[float]] = {}
        for rounds in self.rounds.values():
            for figures in rounds:
                for name, value in figures.items():
                    found.setdefault(name, []).append(value)
        return {name: round(median(values), 3) for name, values in found.items()}

    def write(self, folder: Path) -> None:
        """Keep it."""
        folder.mkdir(parents=True, exist_ok=True)
        content = {**asdict(self), "median": self.median()}
        file_of(folder, self.peer).write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def file_of(folder: Path, peer: str) -> Path:
    """Return the file of a peer."""
    return folder / f"peers-{peer}.json"


def read_record(folder: Path, peer: str) -> Record | None:
    """Return what is kept of a peer, or None."""
    file = file_of(folder, peer)
    if not file.exists():
        return None
    content: dict[str, Any] = json.loads(file.read_text("utf-8"))
    content.pop("median")
    return Record(**content)


def taken_up(found: Record | None, fresh: Record) -> Record:
    """Return the kept record where commit and sizes are the same, less its faults; else the fresh one."""
    if found is None or (found.commit, dict(found.sizes)) != (fresh.commit, dict(fresh.sizes)):
        return fresh
    found.faults.clear()
    return found


def sizes_of(sizes: Sizes) -> dict[str, object]:
    """Return them as they are kept."""
    return asdict(sizes)
