"""Positions of the parts of SVG charts; templates draw them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 720, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 12, 44  # margins of a line chart
BAR, NAME, VALUE = 26, 220, 130  # height of a bar, room for its name and its number
LETTERS = 26  # shown of a name next to a bar
DASHES = ("6 4", "2 3", "10 4 2 4", "12 4", "2 7", "6 3 2 3 2 3")  # of lines without color
MARKED = 60  # points of a line, at most, that have markers


@dataclass(frozen=True)
class Line:
    """One line of a chart; lines of the same name share an entry of the legend."""

    name: str
    color: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


@dataclass(frozen=True)
class Bar:
    """One bar; `margin`, half the width of its interval, may be NaN."""

    name: str
    color: str
    value: float
    margin: float
    text: str


def ticks(low: float, high: float, count: int = 6) -> list[float]:
    """Round numbers from below `low` to above `high`."""
    if not high > low:
        low, high = low - (abs(low) or 1) / 2, high + (abs(high) or 1) / 2
    raw = (high - low) / count
    size = 10 ** math.floor(math.log10(raw))
    step = next(size * k for k in (1, 2, 2.5, 5, 10) if size * k >= raw)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [k * step for k in range(first, last + 1)]


def line_chart(lines: Sequence[Line], x_label: str, y_label: str) -> dict[str, Any] | None:
    """A line chart with axes that end at round numbers; `None` where no line has a point."""
    finite = [
        Line(one.name, one.color, [p for p in one.points if math.isfinite(p[1])], one.dashed)
        for one in lines
    ]
    points = [point for one in finite for point in one.points]
    if not points:
        return None
    xs, ys = zip(*points, strict=True)
    across, up = _whole_ticks(min(xs), max(xs)), ticks(min(ys), max(ys))
    left, right = min(xs), max(xs)
    if left == right:
        left, right = left - 1, right + 1

    def place(x: float, y: float) -> tuple[float, float]:
        inner = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        share = (x - left) / (right - left), (y - up[0]) / (up[-1] - up[0])
        return round(LEFT + inner[0] * share[0], 1), round(HEIGHT - BOTTOM - inner[1] * share[1], 1)

    drawn, dashes = [], dict[str, str]()
    for one in finite:
        dots = [(*place(x, y), f"{one.name}: {y:.4g} at {x:g}") for x, y in one.points]
        if one.dashed:
            dashes.setdefault(one.name, DASHES[len(dashes) % len(DASHES)])
        drawn.append(
            {
                "name": one.name,
                "color": one.color,
                "dash": dashes.get(one.name, ""),
                "path": " ".join(f"{x},{y}" for x, y, _ in dots),
                "dots": dots if len(dots) <= MARKED else [],
            }
        )
    legend = {line["name"]: line for line in drawn}
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "box": {"left": LEFT, "right": WIDTH - RIGHT, "top": TOP, "bottom": HEIGHT - BOTTOM},
        "x_ticks": [(place(x, up[0])[0], f"{x:g}") for x in across],
        "y_ticks": [(place(left, y)[1], f"{y:.6g}") for y in up],
        "x_label": x_label,
        "y_label": y_label,
        "lines": drawn,
        "legend": list(legend.values()),
    }


def bar_chart(bars: Sequence[Bar]) -> dict[str, Any] | None:
    """Horizontal bars that start at 0, with intervals; `None` without any bar."""
    bars = [bar for bar in bars if math.isfinite(bar.value)]
    if not bars:
        return None
    ends = [bar.value + (0 if math.isnan(bar.margin) else bar.margin) for bar in bars]
    room = WIDTH - NAME - VALUE
    scale = room / (max(ends) or 1)
    drawn = []
    for k, bar in enumerate(bars):
        known = not math.isnan(bar.margin)
        drawn.append(
            {
                "name": bar.name,
                "shown": bar.name if len(bar.name) <= LETTERS else bar.name[: LETTERS - 1] + "…",
                "color": bar.color,
                "y": k * BAR,
                "width": round(max(1.0, bar.value * scale), 1),
                "low": round(max(0.0, bar.value - bar.margin) * scale, 1) if known else None,
                "high": round((bar.value + bar.margin) * scale, 1) if known else None,
                "end": round((bar.value + (bar.margin if known else 0)) * scale, 1),
                "text": bar.text,
            }
        )
    return {"width": WIDTH, "height": BAR * len(bars), "bar": BAR, "left": NAME, "bars": drawn}


def _whole_ticks(low: float, high: float) -> list[float]:
    """At most ten round whole numbers from `low` to `high`, and `low`."""
    steps = (k * 10**power for power in range(9) for k in (1, 2, 5))
    step = next(step for step in steps if (high - low) / step <= 9)
    return sorted({low, *(k * step for k in range(math.ceil(low / step), int(high // step) + 1))})
