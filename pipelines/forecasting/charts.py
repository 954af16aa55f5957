"""Charts of a backtest, as matplotlib figures that belong to nobody's window."""

from typing import Any

import numpy as np
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from .. import drawing
from ..drawing import lead_lines
from .backtest import Backtest

SEGMENTS = 12  # forecasts drawn one after the other
FANS = 4  # with intervals


def forecast_chart(backtest: Backtest) -> Figure:
    """The truth and, over its last part, forecasts issued one after the other.

    Each starts from the last value known at its origin; the better naive forecast is
    drawn beside it.
    """
    figure, axes = drawing.axes(width=9)
    own = np.flatnonzero(backtest.ids == backtest.ids[-1])  # the last series
    last = int(own[-1])
    chosen = own[::-1][:: _origins_apart(backtest)][:SEGMENTS][::-1]
    times, truth = _truth_between(backtest, int(chosen[0]), last)
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
    _dates(axes)
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    return figure


def fan_chart(backtest: Backtest) -> Figure:
    """The last forecasts that do not overlap, with intervals from the errors before them.

    The darker band holds the truth in one of two cases, the lighter one in nine of ten, if
    errors go on as they were.
    """
    figure, axes = drawing.axes(width=9)
    last = np.flatnonzero(backtest.ids == backtest.ids[-1])
    chosen = last[::-1][:: _origins_apart(backtest)][:FANS][::-1]
    low, inner_low, inner_high, high = backtest.quantiles([0.05, 0.25, 0.75, 0.95])
    forecast = backtest.forecasts[backtest.model]
    for i in chosen:
        times = backtest.times[i]
        label = {"label": None} if i != chosen[0] else {}
        axes.fill_between(times, low[i], high[i], color="0.85", lw=0, **({"label": "90 %"} | label))
        axes.fill_between(
            times, inner_low[i], inner_high[i], color="0.65", lw=0, **({"label": "50 %"} | label)
        )
        axes.plot(
            times, forecast[i], color="tab:blue", linewidth=2, **({"label": backtest.model} | label)
        )
        axes.axvline(backtest.origins[i], color="0.6", linewidth=0.6, linestyle=":")
    times, truth = _truth_between(backtest, int(chosen[0]), int(last[-1]))
    axes.plot(times, truth, color="black", linewidth=1.2, label="truth")
    series = "" if len(set(backtest.ids)) == 1 else f", series {backtest.ids[-1]}"
    axes.set_title(f"{backtest.name}{series}: intervals from past errors, {_steps(backtest)} ahead")
    axes.set_ylabel(_with_unit(backtest.target, backtest.unit))
    _dates(axes)
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    return figure


def calibration_chart(backtest: Backtest) -> Figure:
    """The share of the truth inside central intervals against what it should be."""
    figure, axes = drawing.axes(width=6, height=5)
    axes.plot([0, 1], [0, 1], color="0.4", linewidth=1, label="as it should be")
    styles = iter(drawing.LINES[1:] * 2)
    beside = [n for n in (backtest.reference, "linear-ar") if n in backtest.baselines]
    for name in [backtest.model, *beside]:
        found = backtest.calibration[backtest.calibration["model"] == name]
        ours = name == backtest.model
        look = {"color": "tab:blue", "linewidth": 2} if ours else {"color": "0.55"}
        axes.plot(
            found["nominal"], found["coverage"], marker="o", ms=4 if ours else 3, label=name,
            linestyle="-" if ours else next(styles), **look,
        )  # fmt: skip
    axes.set_title(f"{backtest.name}: coverage of intervals from past errors")
    axes.set_xlabel("nominal share of the truth inside")
    axes.set_ylabel("share inside")
    figure.legend(loc="outside right upper", frameon=False)
    return figure


def lead_chart(backtests: list[Backtest]) -> Figure:
    """The error that ranks against lead time: networks in colour, baselines in grey."""
    first = backtests[0]

    def errors(backtest: Backtest, name: str) -> np.ndarray:
        by_lead = backtest.by_lead
        return by_lead.loc[by_lead["model"] == name, backtest.error].to_numpy()

    return lead_lines(
        np.arange(1, first.horizon + 1),
        {backtest.model: errors(backtest, backtest.model) for backtest in backtests},
        {name: errors(first, name) for name in first.baselines},
        title=f"{first.name}: error by lead time, {len(first.origins):,} origins",
        error=_with_unit(f"mean absolute error of {first.target}", first.unit)
        if first.error == "mae"
        else f"mean absolute scaled error of {first.target}",
        ahead="steps ahead",
    )


def _truth_between(backtest: Backtest, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Times and truth from the targets of one origin of a series to those of its last one."""
    step = backtest.rows[last] - backtest.rows[last - 1] if last > first else backtest.horizon
    lead = min(int(step), backtest.horizon)
    times = [*backtest.times[first:last, :lead], backtest.times[last]]
    truth = [*backtest.truth[first:last, :lead], backtest.truth[last]]
    return np.concatenate(times), np.concatenate(truth)


def _dates(axes: Any) -> None:
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _origins_apart(backtest: Backtest) -> int:
    """Origins from one forecast to the next that does not overlap it."""
    own = np.flatnonzero(backtest.ids == backtest.ids[-1])
    later = backtest.rows[own] >= backtest.rows[own[0]] + backtest.horizon
    return int(np.argmax(later)) if later.any() else len(own)


def _steps(backtest: Backtest) -> str:
    return "1 step" if backtest.horizon == 1 else f"{backtest.horizon} steps"


def _with_unit(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name
