"""The error against lead time, a line for each model: those that matter fill the height."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from .drawing import LINES, axes

#: Colors that can be distinguished in print too; more networks are gray.
DARK = [
    *("black", "#0b3d91", "#8c1c13", "#14532d"),
    *("#5b2a86", "#7a4a00", "#00585e", "#9c0f6b"),
]
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "p"]
MARKED = 12  # most markers on a line
FAR = 1.3  # a model whose error is so many times the smallest one does not set the height
MARGIN = 0.05  # of the height, above and below the lines
LINE = 0.19  # inches of a label
LETTERS = 100  # of a line below the chart


def lead_lines(
    leads: Any,
    networks: Mapping[str, Any],
    baselines: Mapping[str, Any],
    title: str,
    error: str,
    ahead: str,
) -> Figure:
    """Draws an error against lead time: the best networks dark, wide and with markers, others gray;
    baselines gray, thin and dashed. Each has its name at its end.

    The models that are near the best fill the height. Lines of others are cut where they leave it,
    and those that lie above it as a whole are named below with their mean errors.

    Args:
        leads: lead times, `(horizon,)`.
        networks: errors of the networks by name, each `(horizon,)`.
        baselines: errors of the baselines by name, each `(horizon,)`.
        title: title of the chart.
        error: name of the error, with its unit.
        ahead: unit of a lead, e.g. `"steps ahead"`.
    """
    lines = {**networks, **baselines}
    means = {name: _mean(values) for name, values in lines.items()}
    best_first = sorted(networks, key=lambda name: means[name])
    low, high = _height(lines, means, best_first)
    cut = [name for name in means if not np.nanmin(_finite(lines[name])) <= high]
    count = len(means) - len(cut)
    figure, pair = axes(width=8, height=max(4, 0.8 + LINE * count))
    every = -(-len(leads) // MARKED)
    alone = len(leads) == 1  # makes no line
    styles = cycle(LINES[1:])
    ends: dict[str, tuple[float, str]] = {}
    for i, name in enumerate([*best_first, *baselines]):
        values = np.asarray(lines[name], float)
        look: dict[str, Any] = {"color": "0.5", "linewidth": 1.2}
        if name in baselines:
            look |= {"linestyle": next(styles), "marker": "x" if alone else None}
        elif i < len(DARK):
            look |= {"color": DARK[i], "linewidth": 2, "zorder": 3, "marker": MARKERS[i], "ms": 6}
            look |= {"markevery": (i % every, every)}
        else:
            look |= {"marker": "." if alone else None}
        if name not in cut:
            pair.plot(leads, values, label=name, **look)
            ends[name] = (float(values[-1]), look["color"])
    pair.set_ylim(low, high)
    pair.set_title(title)
    pair.set_xlabel("\n".join([f"lead ({ahead})", *_named(cut, means)]))
    pair.set_ylabel(error)
    pair.xaxis.get_major_locator().set_params(integer=True)
    if alone:
        pair.set_xticks(leads)
    _label(pair, float(leads[-1]), ends, LINE / (figure.get_figheight() - 0.8))
    return figure


def _height(
    lines: Mapping[str, Any], means: Mapping[str, float], networks: Sequence[str]
) -> tuple[float, float]:
    """The smallest and largest error that is shown: those of all models near the best, and of the
    best network."""
    least = np.nanmin([*means.values()])
    near = [name for name, mean in means.items() if mean <= FAR * least]
    shown = np.concatenate([_finite(lines[name]) for name in {*near, *networks[:1]}])
    low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
    margin = MARGIN * (high - low) or MARGIN * abs(high) or 1.0
    return low - margin, high + margin


def _finite(values: Any) -> np.ndarray:
    """Errors, infinite where they are not known, so that they set no height."""
    found = np.asarray(values, float)
    known = np.isfinite(found)
    return np.where(known, found, np.nan) if known.any() else np.full_like(found, np.inf)


def _mean(values: Any) -> float:
    return float(np.nanmean(_finite(values)))


def _named(cut: Sequence[str], means: Mapping[str, float]) -> list[str]:
    """Which lines are cut off, in lines of text."""
    if not cut:
        return []
    parts = [f"{name} {means[name]:#.3g}".rstrip(".") for name in cut]
    return wrap(f"above the chart, on average: {', '.join(parts)}", LETTERS)


def _label(pair: Any, lead: float, ends: Mapping[str, tuple[float, str]], gap: float) -> None:
    """Writes the name of each line at its end, moved up or down so that none overlap.

    Args:
        pair: the axes.
        lead: the last lead.
        ends: value there and color, by name.
        gap: between two names, as a share of the height.
    """
    low, high = pair.get_ylim()
    shares = {
        name: float(np.clip((value - low) / (high - low), 0, 1)) if np.isfinite(value) else 1.0
        for name, (value, _) in ends.items()
    }
    names = sorted(shares, key=lambda name: shares[name])
    places = _apart([shares[name] for name in names], gap)
    for name, place in zip(names, places, strict=True):
        color = ends[name][1]
        pair.annotate(
            name, (lead, low + shares[name] * (high - low)), (1.04, place),
            textcoords="axes fraction", ha="left", va="center", fontsize="small",
            color="0.35" if color == "0.5" else color,
            arrowprops={"arrowstyle": "-", "color": "0.75", "linewidth": 0.6, "shrinkB": 3}
            | {"relpos": (0, 0.5)},
        )  # fmt: skip


def _apart(wanted: Sequence[float], gap: float) -> list[float]:
    """Increasing places moved apart to a gap, within 0 and 1 as far as there is room.

    >>> [round(place, 2) for place in _apart([0.1, 0.12, 0.95, 1.0], 0.1)]
    [0.1, 0.2, 0.9, 1.0]
    """
    places = list(wanted)
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + gap)
    ceiling = 1.0
    for i in reversed(range(len(places))):
        places[i] = ceiling = min(places[i], ceiling)
        ceiling -= gap
    return places
