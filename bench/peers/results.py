"""What was found of each peer, one JSON file a peer, so that a run can be taken up again.

All measures of all peers take hours. So each measure carries where it was taken: of what commit, on which
machine. One may be taken anew without the others.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final, TypedDict

from bench.peers.measures import Figures, Sizes

RESULTS: Final = Path(__file__).parents[1] / "results"


class Taken(TypedDict):
    """Of what, and on what, a measure was taken."""

    commit: str
    machine: Mapping[str, object]


@dataclass(slots=True)
class Record:
    """One peer's figures: `rounds` by measure, each a list; `faults` says why one is missing.

    `taken`: the commit and the machine of each measure.
    """

    peer: str
    title: str
    store: str
    sizes: Mapping[str, object]
    versions: Mapping[str, str] = field(default_factory=dict)
    server: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    rounds: dict[str, list[Figures]] = field(default_factory=dict)
    taken: dict[str, Taken] = field(default_factory=dict)
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


def taken_up(found: Record | None, fresh: Record, *, commit: str, measures: Collection[str]) -> Record:
    """Return a record with what is kept of a peer, where the sizes are the same.

    Of `measures`, those that are about to be taken, it keeps what is of the same commit.
    """
    if found is None or dict(found.sizes) != dict(fresh.sizes):
        return fresh
    for name, rounds in found.rounds.items():
        if name not in measures or found.taken[name]["commit"] == commit:
            fresh.rounds[name], fresh.taken[name] = rounds, found.taken[name]
    fresh.faults = {name: fault for name, fault in found.faults.items() if name not in {*measures, "all"}}
    return fresh


def sizes_of(sizes: Sizes) -> dict[str, object]:
    """Return them as they are kept."""
    return asdict(sizes)
