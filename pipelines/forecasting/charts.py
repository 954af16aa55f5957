"""Charts of a backtest, as matplotlib figures that belong to nobody's window."""

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from .. import drawing, metrics
from ..drawing import lead_lines
from .backtest import Backtest

SEGMENTS = 12  # forecasts drawn one after the other


def forecast_chart(backtest: Backtest) -> Figure:
    """The truth and, over its last part, forecasts issued one after the other.

    Each starts from the last value known at its origin; the better naive forecast is
    drawn beside it.
    """
    figure, axes = drawing.axes(width=9)
    last = len(backtest.origins) - 1
    chosen = np.arange(last, -1, -_origins_apart(backtest))[:SEGMENTS][::-1]
    times = np.concatenate([backtest.times[chosen[0] :, 0], backtest.times[-1, 1:]])
    truth = np.concatenate([backtest.truth[chosen[0] :, 0], backtest.truth[-1, 1:]])
    axes.plot(times, truth, color="black", linewidth=1.2, label="truth")
    known = backtest.level
    for name, look in (
        (backtest.reference, {"color": "0.6", "linestyle": "--", "linewidth": 1.2}),
        (backtest.model, {"color": "tab:blue", "linewidth": 2.0}),
    ):
        for i in chosen:
            segment_times = [backtest.origins.to_numpy()[i], *backtest.times[i]]
            segment = [known[i], *backtest.forecasts[name][i]]
            label = name if i == chosen[0] else None
            axes.plot(segment_times, segment, label=label, **look)
    axes.plot(
        backtest.origins.to_numpy()[chosen], known[chosen], "o", ms=4, color="tab:blue",
        label="origin", linestyle="none",
    )  # fmt: skip
    axes.set_title(f"{backtest.name}: {_steps(backtest)} ahead, one forecast after the other")
    axes.set_ylabel(_with_unit(backtest.target, backtest.unit))
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    return figure


def lead_chart(backtests: list[Backtest]) -> Figure:
    """Mean absolute error against lead time: networks in colour, baselines in grey."""
    first = backtests[0]

    def errors(backtest: Backtest, name: str) -> np.ndarray:
        return metrics.mae(backtest.truth, backtest.forecasts[name], axis=0)

    return lead_lines(
        np.arange(1, first.horizon + 1),
        {backtest.model: errors(backtest, backtest.model) for backtest in backtests},
        {name: errors(first, name) for name in first.baselines},
        title=f"{first.name}: error by lead time, {len(first.origins):,} origins",
        error=_with_unit(f"mean absolute error of {first.target}", first.unit),
        ahead="steps ahead",
    )


def _origins_apart(backtest: Backtest) -> int:
    """Origins from one forecast to the next that does not overlap it."""
    later = backtest.origins >= backtest.times[0, -1]
    return int(np.argmax(later)) if later.any() else len(backtest.origins)


def _steps(backtest: Backtest) -> str:
    return "1 step" if backtest.horizon == 1 else f"{backtest.horizon} steps"


def _with_unit(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name
