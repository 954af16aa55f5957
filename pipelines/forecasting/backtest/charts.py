"""Charts of a backtest, as matplotlib figures without a window."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ...evaluation import drawing
from ...evaluation.lead_lines import lead_lines
from .scored import ScoredForecasts

SEGMENTS = 12  # most forecasts in `forecast_chart`
FANS = 4  # most forecasts in `fan_chart`
HISTORY = 3  # largest ratio of forecast rows to rows of history before them


def forecast_chart(backtest: ScoredForecasts) -> Figure:
    """Draws successive forecasts over the truth, which begins before them.

    Each starts from the last known value at its origin; the better naive forecast is drawn for
    comparison, if there is one. Of several series the last one is shown.
    """
    figure, axes = drawing.axes(width=9)
    origins = _one_after_another(backtest, SEGMENTS)
    axes.plot(*_truth(backtest, origins), color="black", linewidth=1.2, label="truth")
    looks = {
        backtest.reference: {"color": "0.55", "linestyle": "--", "linewidth": 1.2},
        backtest.model: {"color": "tab:blue", "linewidth": 2.2},
    }
    for name, look in looks.items():
        for i in origins if name else ():  # the reference is "" where there is none
            axes.plot(*_from_origin(backtest, i, backtest.forecasts[name]), label=name, **look)
    axes.plot(
        backtest.origins.to_numpy()[origins], backtest.level[origins], "o", ms=4.5,
        color="tab:blue", label="origin", linestyle="none", zorder=3,
    )  # fmt: skip
    _finish(figure, axes, backtest, f"{_steps(backtest)} ahead, one forecast after the other")
    return figure


def fan_chart(backtest: ScoredForecasts) -> Figure:
    """Draws the last forecasts that do not overlap, with intervals from earlier errors.

    The darker band contains the truth in one of two cases, the lighter one in nine of ten, if
    later errors are like earlier ones. All start from the last known value. Of several series the
    last one is shown.
    """
    figure, axes = drawing.axes(width=9)
    origins = _one_after_another(backtest, FANS)
    low, inner_low, inner_high, high = backtest.quantiles([0.05, 0.25, 0.75, 0.95])
    for name, bottom, top, gray in (
        ("90 %", low, high, "0.85"),
        ("50 %", inner_low, inner_high, "0.65"),
    ):
        drawn = [i for i in origins if not np.isnan(bottom[i]).all()]
        for i in drawn:
            times, lower = _from_origin(backtest, i, bottom)
            _, upper = _from_origin(backtest, i, top)
            axes.fill_between(times, lower, upper, color=gray, linewidth=0, label=name)
        if not drawn:
            axes.plot([], [], " ", label=f"{name}: no errors yet")
    for i in origins:
        forecast = _from_origin(backtest, i, backtest.forecasts[backtest.model])
        axes.plot(*forecast, color="tab:blue", linewidth=2.2, label=backtest.model)
        axes.axvline(backtest.origins[i], color="0.6", linewidth=0.6, linestyle=":")
    axes.plot(*_truth(backtest, origins), color="black", linewidth=1.2, label="truth")
    _finish(figure, axes, backtest, f"intervals, {_steps(backtest)} ahead")
    return figure


def calibration_chart(backtest: ScoredForecasts) -> Figure:
    """Draws the share of the truth inside central intervals against the nominal share."""
    return _against_diagonal(
        {name: backtest.intervals(name) for name in _judged_models(backtest, backtest.model)},
        columns=("nominal", "coverage"),
        title=f"{backtest.name}: coverage of intervals",
        labels=("nominal share of the truth inside", "share inside"),
    )


def reliability_chart(backtest: ScoredForecasts, name: str | None = None) -> Figure:
    """Draws how often the truth is below each quantile of one model, by default the network's,
    against its level; those of others for comparison.

    Raises:
        ArgumentError: no such model.
    """
    models = _judged_models(backtest, backtest.model if name is None else name)
    return _against_diagonal(
        {model: backtest.reliability(model) for model in models},
        columns=("level", "share"),
        title=f"{backtest.name}: reliability of quantiles",
        labels=("level of the quantile", "share of the truth below it"),
    )


def pit_chart(backtest: ScoredForecasts, name: str | None = None) -> Figure:
    """Draws the histogram of the probability integral transform of one model, by default the
    network: the share of the truth between neighboring quantiles, relative to the difference of
    their levels. Flat is ideal: a hump says that the quantiles are too wide, a trough too narrow,
    a slope too high or too low.

    Raises:
        ArgumentError: no such model.
    """
    figure, axes = drawing.axes(width=6)
    table = backtest.reliability(name)
    edges = np.concatenate([[0], table["level"], [1]])
    shares = np.diff(np.concatenate([[0], table["share"], [1]])) / np.diff(edges)
    axes.bar(edges[:-1], shares, np.diff(edges), align="edge", color="0.75", edgecolor="0.35")
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set_title(f"{backtest.name}, {name or backtest.model}: where the truth falls")
    axes.set_xlabel("level of the truth in the forecast distribution")
    axes.set_ylabel("share relative to a uniform one")
    axes.set_xlim(0, 1)
    return figure


def _against_diagonal(
    tables: dict[str, pd.DataFrame], columns: tuple[str, str], title: str, labels: tuple[str, str]
) -> Figure:
    """Draws one column of each table against another; the first in color, the others gray."""
    figure, axes = drawing.axes(width=6, height=5)
    axes.plot([0, 1], [0, 1], color="black", linewidth=0.8, label="ideal")
    styles: list[Any] = [{"color": "tab:blue", "linewidth": 2, "ms": 4, "linestyle": "-"}]
    styles += [{"color": "0.55", "ms": 3, "linestyle": line} for line in drawing.LINES[1:]]
    for (name, table), style in zip(tables.items(), styles, strict=False):
        axes.plot(*(table[column] for column in columns), marker="o", label=name, **style)
    axes.set_title(title)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    return figure


def lead_chart(backtests: Sequence[ScoredForecasts]) -> Figure:
    """Draws the ranking error against lead time: networks dark with markers, baselines gray."""
    first = backtests[0]

    def errors(backtest: ScoredForecasts, name: str) -> np.ndarray:
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


def _judged_models(backtest: ScoredForecasts, first: str) -> list[str]:
    """One model, and with it the network, the best naive forecast and the direct AR."""
    others = (backtest.model, backtest.reference, "linear-ar")
    return list(dict.fromkeys([first, *(name for name in others if name in backtest.forecasts)]))


def _one_after_another(backtest: ScoredForecasts, most: int) -> np.ndarray:
    """The last origins of the last series whose forecasts do not overlap, in time order.

    At least one; fewer than `most` where earlier rows are needed to show some history.
    """
    own = np.flatnonzero(backtest.ids == backtest.ids[-1])
    rows, horizon = backtest.rows[own], backtest.horizon
    later = rows >= rows[0] + horizon
    apart = int(np.argmax(later)) if later.any() else len(own)
    chosen = np.arange(len(own))[::-1][::apart][:most][::-1]
    before, after = rows[chosen] - rows[0], rows[-1] + horizon - rows[chosen]
    enough = HISTORY * before >= after
    enough[-1] = True
    return own[chosen[np.argmax(enough) :]]


def _truth(backtest: ScoredForecasts, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times and truth of the series, beginning some time before the chosen origins.

    Taken from the truth of all leads and the values at the origins: rows between origins that
    are further apart are unknown, NaT and NaN.
    """
    own = np.flatnonzero(backtest.ids == backtest.ids[-1])
    rows, horizon, first = backtest.rows[own], backtest.horizon, backtest.rows[chosen[0]]
    history = max(horizon, (rows[-1] + horizon - first) // HISTORY)
    own = own[rows >= first - history]
    at = backtest.rows[own] - backtest.rows[own[0]]
    times = np.full(at[-1] + horizon + 1, "NaT", backtest.times.dtype)
    truth = np.full(len(times), np.nan)
    times[at], truth[at] = backtest.origins.to_numpy()[own], backtest.level[own]
    for lead in range(1, horizon + 1):
        times[at + lead] = backtest.times[own, lead - 1]
        truth[at + lead] = backtest.truth[own, lead - 1]
    return times, truth


def _from_origin(
    backtest: ScoredForecasts, i: int, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Times and values of one forecast, beginning with the value at its origin."""
    times = np.concatenate([backtest.origins.to_numpy()[[i]], backtest.times[i]])
    return times, np.concatenate([backtest.level[[i]], values[i]])


def _finish(figure: Figure, axes: Any, backtest: ScoredForecasts, what: str) -> None:
    """Title, axes, and a legend that names each kind of line once."""
    several = len(set(backtest.ids)) > 1
    series = f", series {backtest.ids[-1]}" if several else ""
    axes.set_title(f"{backtest.name}{series}: {what}")
    axes.set_ylabel(_with_unit(backtest.target, backtest.unit))
    drawing.dates(axes, backtest.zone)
    handles, labels = axes.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(once.values(), once.keys(), loc="outside lower center", ncols=5, frameon=False)


def _steps(backtest: ScoredForecasts) -> str:
    return "1 step" if backtest.horizon == 1 else f"{backtest.horizon} steps"


def _with_unit(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name
