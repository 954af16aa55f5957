"""Forecasts of one run from a few origins, a picture each, through which a dashboard can step."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from ....messages import stamp
from ....pipelines.evaluation import drawing
from ....pipelines.storage.names import slug

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ....datasets import TimeSeriesPanel
    from ....pipelines.forecasting import Backtest
    from ...journal.journal import Journal

ORIGINS = 6  # at most
HISTORY = 2  # horizons before the origin
GRAY = "0.55"


def tell_origins(
    backtest: "Backtest", panel: "TimeSeriesPanel", model: str, color: str, journal: "Journal"
) -> None:
    """Pictures of origins spread over the test; steps count them, the same in all runs.

    Of several series the last one is shown. One figure is drawn again and again: a new one takes
    twice as long.

    Args:
        backtest: that holds the forecasts of `model`.
        panel: what was forecast.
        model: a network or a baseline.
        color: color of its line.
        journal: journal of its run.
    """
    name = str(backtest.ids[-1])
    series = next(one for one in panel if str(one.unique_id) == name)
    own = np.flatnonzero(backtest.ids == backtest.ids[-1])
    places = np.unique(np.linspace(0, len(own) - 1, min(ORIGINS, len(own))).round().astype(int))
    figure, axes = drawing.axes(width=7, height=3)
    (truth,) = axes.plot([], [], color="black", linewidth=1.2, label="truth")
    (line,) = axes.plot([], [], color=color, linewidth=2.2, label=model)
    begin = axes.axvline(backtest.origins[0], color=GRAY, linewidth=0.8, linestyle=":")
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_ylabel(f"{backtest.target}, {backtest.unit}" if backtest.unit else backtest.target)
    figure.legend(loc="outside right upper", frameon=False)
    times, values = series.times.to_numpy(), series.values(("y",))[:, 0]
    for step, i in enumerate(own[places], start=1):
        origin, ends = backtest.origins[i], backtest.times[i]
        at = int(np.searchsorted(times, np.datetime64(origin)))
        first = max(0, at - HISTORY * backtest.horizon)
        last = int(np.searchsorted(times, ends[-1], side="right"))
        truth.set_data(times[first:last], values[first:last])
        start = np.asarray(origin, times.dtype)
        line.set_data([start, *ends], [backtest.level[i], *backtest.forecasts[model][i]])
        begin.set_xdata([origin, origin])
        axes.relim()
        axes.autoscale_view()
        axes.set_xlim(times[first], ends[-1])
        axes.set_title(f"{backtest.name}: from {stamp(origin, backtest.zone)}")
        journal.picture(f"forecast/{slug(name) or 'series'}", figure, step=step)


def in_color(figure: "Figure", names: set[str], color: str) -> "Figure":
    """Gives the lines of these names, and their labels, the color that their run has elsewhere."""
    for line in figure.findobj(Line2D):
        if isinstance(line, Line2D) and line.get_label() in names:
            line.set_color(color)
    for label in figure.findobj(Annotation):
        if isinstance(label, Annotation) and label.get_text() in names:
            label.set_color(color)
    return figure
