"""The curves of cost against size, and the steady load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bench.charts import Chart, Series
from bench.parts.taken import IMAGES, read, taken

STORES: Final = ("postgresql", "sqlite")
TITLES: Final[Mapping[str, tuple[str, str, bool]]] = {
    "kept": ("Drain with finished jobs kept", "finished jobs kept", True),
    "queued": ("Drain in front of queued jobs", "jobs queued", True),
    "sessions": ("Claim and settle, many sessions", "sessions", True),
    "queues": ("Drain of jobs in many queues", "queues", True),
    "processes": ("Drain with more worker processes", "worker processes", False),
}


def scale_part(results: Path) -> str:
    """Return the curves and their tables."""
    found = {name: scale for name in STORES if (scale := read(results / f"scale-{name}.json"))}
    if not found:
        return "Not measured yet on a quiet machine: `make bench-scale` does, and writes the curves here."
    lines: list[str] = []
    for name, scale in found.items():
        machine = taken(scale["commit"], scale["machine"])
        lines += [f"**{scale['store']}.** {machine} Drains of {scale['jobs']:,} jobs.", ""]
        lines += _curves(name, scale)
        lines += _service(scale.get("service_ms") or {})
    return "\n".join(lines).rstrip()


def soak_part(results: Path) -> str:
    """Return the pictures of the steady load."""
    soak = read(results / "soak.json")
    if not soak or not soak["samples"]:
        command = 'make bench-scale FLAGS="--soak 30"'
        return f"Not measured yet on a quiet machine: `{command}` does, and draws it here."
    late = soak["samples"][len(soak["samples"]) // 2 :]
    waits = sorted(sample["p99_ms"] for sample in late)
    sizes = [sample["table_mb"] + sample["index_mb"] for sample in late]
    text = (
        f"{soak['minutes']:g} minutes at {soak['rate_per_s']:,.0f} jobs a second, default autovacuum."
        f" In the second half `jobs` and its indexes had {min(sizes):,.1f} to {max(sizes):,.1f} MB;"
        " the p99 of ten seconds was"
        f" {waits[len(waits) // 2]:,.1f} ms in the middle and {waits[-1]:,.1f} ms at most."
    )
    return "\n\n".join(
        [
            f"{taken(soak['commit'], soak['machine'])} {text}",
            f"![Size of the jobs table over time]({IMAGES}/soak-size.svg)",
            f"![Pick-up over time]({IMAGES}/soak-pickup.svg)",
        ]
    )


def scale_pictures(results: Path) -> Iterator[tuple[str, str]]:
    """Yield the SVG files of what was measured, by name."""
    for name in STORES:
        scale = read(results / f"scale-{name}.json")
        for curve, points in (scale or {"curves": {}})["curves"].items():
            yield f"scale-{name}-{curve}.svg", _chart(scale["store"], curve, points).svg()
    soak = read(results / "soak.json")
    if soak and soak["samples"]:
        yield from ((name, chart.svg()) for name, chart in _soak_charts(soak["samples"]))


def _chart(store: str, curve: str, points: list[dict[str, Any]]) -> Chart:
    title, x, log = TITLES[curve]
    series = [Series("this store", [(point["x"], point["per_s"]) for point in points])]
    if "empty_per_s" in points[0]:
        empty = [(point["x"], point["empty_per_s"]) for point in points]
        series.append(Series("empty, in turn", empty))
    return Chart(f"{title}, {store}", x, "jobs a second", series, log_x=log)


def _soak_charts(samples: list[dict[str, float]]) -> Iterator[tuple[str, Chart]]:
    def line(name: str, figure: str) -> Series:
        return Series(name, [(sample["s"] / 60, sample[figure]) for sample in samples])

    sizes = [line("table", "table_mb"), line("its indexes", "index_mb")]
    yield "soak-size.svg", Chart("Size of the jobs table", "minutes", "MB", sizes)
    waits = [line("p99", "p99_ms"), line("p50", "p50_ms")]
    yield "soak-pickup.svg", Chart("From submit to start, each 10 s", "minutes", "ms", waits)


def _curves(name: str, scale: Mapping[str, Any]) -> Iterator[str]:
    for curve, points in scale["curves"].items():
        title, x, _ = TITLES[curve]
        yield from (f"![{title}, {scale['store']}]({IMAGES}/scale-{name}-{curve}.svg)", "")
        yield _row(x, *(format(point["x"], ",") for point in points))
        yield _row("---", *("--:" for _ in points))
        yield _row("jobs/s", *(format(point["per_s"], ",.0f") for point in points))
        if "ratio" in points[0]:
            yield _row("of the empty store's", *(format(point["ratio"], ".2f") for point in points))
        yield ""


def _service(times: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    if times:
        batches = list(next(iter(times.values())))
        yield _row("ms for a batch of", *batches)
        yield _row("---", *("--:" for _ in batches))
        for verb, found in times.items():
            yield _row(verb, *(format(found[batch], ".2f") for batch in batches))
        yield ""


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
