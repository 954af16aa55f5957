"""What all charts share: figures that belong to nobody's window, lines for black and white."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

#: Styles that stay apart without colour.
LINES: list[Any] = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2))]


def axes(width: float, height: float = 4) -> tuple[Figure, Any]:
    """A figure with one pair of axes, `width` and `height` in inches."""
    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    pair = figure.subplots()
    pair.spines[["top", "right"]].set_visible(False)
    pair.grid(axis="y", color="0.92")
    return figure, pair


def lead_lines(
    leads: Any,
    networks: dict[str, Any],
    baselines: dict[str, Any],
    title: str,
    error: str,
    ahead: str,
) -> Figure:
    """An error against lead time: networks in colour, the best first, baselines in grey.

    Args:
        leads: `(horizon,)`.
        networks: `(horizon,)` by name.
        baselines: the same.
        title: of the chart.
        error: what is drawn, with its unit.
        ahead: what a lead counts, e.g. `"steps ahead"`.
    """
    figure, pair = axes(width=8, height=max(4, 0.23 * (len(networks) + len(baselines))))
    marker = {"marker": "o", "ms": 3} if len(leads) <= 14 else {}
    for (name, values), style in zip(baselines.items(), LINES, strict=False):
        pair.plot(leads, values, linestyle=style, color="0.55", label=name, **marker)
    best_first = sorted(networks.items(), key=lambda network: float(np.mean(network[1])))
    for i, (name, values) in enumerate(best_first):
        pair.plot(leads, values, linestyle=LINES[i % len(LINES)], label=name, **marker)
    pair.set_title(title)
    pair.set_xlabel(f"lead ({ahead})")
    pair.set_ylabel(error)
    pair.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(loc="outside right upper", frameon=False)
    return figure
