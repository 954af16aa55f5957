"""What all charts share: figures without a window, and line styles for black and white."""

from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

#: Line styles that can be distinguished without color.
LINES: list[Any] = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 4))]
DARK = ["black", "#0b3d91", "#8c1c13", "#14532d", "#5b2a86", "#7a4a00"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]
MARKED = 12  # most markers on a line


def axes(width: float, height: float = 4) -> tuple[Figure, Any]:
    """A figure with one pair of axes, `width` and `height` in inches."""
    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    pair = figure.subplots()
    pair.spines[["top", "right"]].set_visible(False)
    pair.grid(axis="y", color="0.92")
    pair.set_axisbelow(True)  # the grid behind bands too
    return figure, pair


def dates(axes: Any, zone: str = "") -> None:
    """Labels times on the horizontal axis, in a time zone if one is named."""
    where = ZoneInfo(zone) if zone else None
    locator = AutoDateLocator(tz=where)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=where))
    if zone:
        axes.set_xlabel(f"time ({zone})")


def lead_lines(
    leads: Any,
    networks: dict[str, Any],
    baselines: dict[str, Any],
    title: str,
    error: str,
    ahead: str,
) -> Figure:
    """Draws an error against lead time: networks dark, wide and with markers, the best first;
    baselines gray, thin and dashed.

    Args:
        leads: lead times, `(horizon,)`.
        networks: errors of the networks by name, each `(horizon,)`.
        baselines: errors of the baselines by name, each `(horizon,)`.
        title: title of the chart.
        error: name of the error, with its unit.
        ahead: unit of a lead, e.g. `"steps ahead"`.
    """
    figure, pair = axes(width=8, height=max(4, 0.23 * (len(networks) + len(baselines))))
    every = -(-len(leads) // MARKED)
    alone = len(leads) == 1  # makes no line
    best_first = sorted(networks.items(), key=lambda network: float(np.mean(network[1])))
    for i, (name, values) in enumerate(best_first):
        pair.plot(
            leads, values, label=name, color=DARK[i % len(DARK)], linewidth=2, zorder=3,
            marker=MARKERS[i % len(MARKERS)], ms=6, markevery=(i % every, every),
        )  # fmt: skip
    styles = zip(cycle(LINES[1:]), cycle(MARKERS), strict=False)
    for (name, values), (style, marker) in zip(baselines.items(), styles, strict=False):
        pair.plot(
            leads, values, label=name, color="0.5", linewidth=1.2, linestyle=style,
            marker=marker if alone else None, markerfacecolor="white",
        )  # fmt: skip
    pair.set_title(title)
    pair.set_xlabel(f"lead ({ahead})")
    pair.set_ylabel(error)
    pair.xaxis.get_major_locator().set_params(integer=True)
    if alone:
        pair.set_xticks(leads)
    figure.legend(loc="outside right upper", frameon=False)
    return figure
