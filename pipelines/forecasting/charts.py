"""Charts of a backtest, as matplotlib figures that belong to nobody's window."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from .. import metrics
from .backtest import Backtest

SEGMENTS = 12  # forecasts drawn one after the other
LINES = ["-", "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2))]


def forecast_chart(backtest: Backtest) -> Figure:
    """The truth and, over its last part, forecasts issued one after the other."""
    figure, axes = _axes(width=9)
    horizon = backtest.horizon
    last = len(backtest.origins) - 1
    chosen = np.arange(last, -1, -max(1, _origins_apart(backtest)))[:SEGMENTS][::-1]
    span = slice(int(chosen[0]), None)
    times = np.concatenate([backtest.times[span, 0], backtest.times[-1, 1:]])
    truth = np.concatenate([backtest.truth[span, 0], backtest.truth[-1, 1:]])
    axes.plot(times, truth, color="black", linewidth=1.2, label="truth")
    for name, color, style in (
        (backtest.reference, "0.6", "--"),
        (backtest.model, "tab:blue", "-"),
    ):
        for i, origin in enumerate(chosen):
            axes.plot(
                backtest.times[origin],
                backtest.forecasts[name][origin],
                style,
                color=color,
                linewidth=1.8 if name == backtest.model else 1.2,
                marker="." if horizon == 1 else None,
                label=name if i == 0 else None,
            )
    for origin in chosen:
        axes.axvline(backtest.origins.to_numpy()[origin], color="0.9", linewidth=0.8, zorder=0)
    steps = "step" if horizon == 1 else "steps"
    axes.set_title(f"{backtest.unique_id}: {horizon} {steps} ahead, one forecast after the other")
    axes.set_ylabel(_labelled(backtest.unique_id, backtest.unit))
    axes.legend(loc="upper left", ncols=3, frameon=False)
    figure.autofmt_xdate()
    return figure


def lead_chart(backtests: list[Backtest]) -> Figure:
    """Mean absolute error against lead time: networks in colour, baselines in grey."""
    figure, axes = _axes(width=7)
    first = backtests[0]
    lead = np.arange(1, first.horizon + 1)
    marker = "o" if first.horizon <= 14 else None
    for name, style in zip(first.baselines, LINES, strict=False):
        error = metrics.mae(first.truth, first.forecasts[name], axis=0)
        axes.plot(lead, error, linestyle=style, color="0.55", marker=marker, ms=3, label=name)
    for i, backtest in enumerate(backtests):
        error = metrics.mae(backtest.truth, backtest.forecasts[backtest.model], axis=0)
        axes.plot(
            lead, error, linestyle=LINES[i % len(LINES)], marker=marker, ms=3, label=backtest.model
        )
    axes.set_title(f"{first.unique_id}: error by lead time, {len(first.origins)} origins")
    axes.set_xlabel("lead (steps ahead)")
    axes.set_ylabel(_labelled("mean absolute error", first.unit))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize="small", ncols=2)
    return figure


def _axes(width: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, 4), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="0.92")
    return figure, axes


def _origins_apart(backtest: Backtest) -> int:
    """Origins between two forecasts that do not overlap."""
    later = backtest.origins > backtest.times[0, -1]
    return int(np.argmax(later)) - 1 if later.any() else len(backtest.origins)


def _labelled(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name
