"""Line charts as SVG, with plain means: axes, ticks, one line a series, readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 640
HEIGHT: Final = 320
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 34, 46
# Told apart also without colour: each has its own dashes and mark.
COLOURS: Final = ("#2563eb", "#d97706", "#059669", "#9333ea")
DASHES: Final = ("", "6 3", "2 3", "9 3 2 3")
STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#444}.title{font-weight:600;font-size:13px}"
    ".grid{stroke:#8884;stroke-width:1}.axis{stroke:#888;stroke-width:1}"
    "@media(prefers-color-scheme:dark){text{fill:#ccc}}"
)


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name and its points, in the order of x."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn. `log_x` spaces x by its size; an x of 0 then stands at 1."""

    title: str
    x: str
    y: str
    series: Sequence[Series]
    log_x: bool = False

    def svg(self) -> str:
        """Return the picture; the same text for the same points."""
        return "\n".join([_head(self), *_grid(self), *_lines(self), "</svg>", ""])


def _head(chart: Chart) -> str:
    described = "; ".join(
        f"{series.name}: " + ", ".join(f"{_number(x)} → {_number(y)}" for x, y in _few(series.points))
        for series in chart.series
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{escape(chart.title)}">\n<style>{STYLE}</style>\n<desc>{escape(described)}</desc>\n'
        f'<text class="title" x="{LEFT}" y="18">{escape(chart.title)}</text>'
    )


def _few(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    step = max(1, len(points) // 10)
    return points[::step]


def _grid(chart: Chart) -> Iterator[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for tick in y_ticks(chart):
        y = _y(chart, tick)
        yield f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_number(tick)}</text>'
    for tick in x_ticks(chart):
        x = _x(chart, tick)
        yield f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 4}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 17}" text-anchor="middle">{_number(tick)}</text>'
    yield f'<line class="axis" x1="{LEFT}" x2="{right}" y1="{bottom}" y2="{bottom}"/>'
    yield f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(chart.x)}</text>'
    middle = (TOP + bottom) / 2
    yield (
        f'<text x="14" y="{middle}" text-anchor="middle" transform="rotate(-90 14 {middle})">'
        f"{escape(chart.y)}</text>"
    )


def _lines(chart: Chart) -> Iterator[str]:
    for number, series in enumerate(chart.series):
        colour, dashes = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        places = [(_x(chart, x), _y(chart, y)) for x, y in series.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        drawn = f' stroke-dasharray="{dashes}"' if dashes else ""
        yield f'<polyline fill="none" stroke="{colour}" stroke-width="2"{drawn} points="{path}"/>'
        if len(places) <= 20:  # noqa: PLR2004 - more marks than that hide the line
            yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places)
        y = TOP + 8 + 20 * number
        x = WIDTH - RIGHT + 12
        yield f'<line x1="{x}" x2="{x + 22}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"{drawn}/>'
        yield f'<text x="{x + 28}" y="{y + 4}">{escape(series.name)}</text>'


def y_ticks(chart: Chart) -> list[float]:
    """Return round values from 0 to above the highest point, four to six of them."""
    most = max((y for series in chart.series for _, y in series.points), default=0.0) or 1.0
    rough = most / 4
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * scale for factor in (1, 2, 2.5, 5, 10) if factor * scale >= rough)
    return [step * number for number in range(math.ceil(most / step) + 1)]


def x_ticks(chart: Chart) -> list[float]:
    """Return each x where x is spaced by size, else round values."""
    values = sorted({x for series in chart.series for x, _ in series.points})
    if chart.log_x or len(values) < 8:  # noqa: PLR2004 - so many labels fit
        return values
    most = values[-1]
    rough = most / 6
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * scale for factor in (1, 2, 5, 10) if factor * scale >= rough)
    return [step * number for number in range(int(most / step) + 1)]


def _x(chart: Chart, value: float) -> float:
    values = [_spaced(chart, x) for series in chart.series for x, _ in series.points]
    low = min(values, default=0.0) if chart.log_x else 0.0
    high = max(values, default=1.0)
    share = (_spaced(chart, value) - low) / ((high - low) or 1.0)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _spaced(chart: Chart, value: float) -> float:
    return math.log10(max(value, 1.0)) if chart.log_x else value


def _y(chart: Chart, value: float) -> float:
    bottom = HEIGHT - BOTTOM
    return bottom - value / y_ticks(chart)[-1] * (bottom - TOP)


def _number(value: float) -> str:
    for limit, sign in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{sign}"
    return f"{value:.3g}"
