"""The forecast that is handed out: by the best model of a study, trained on all rows."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ....datasets import TimeSeriesPanel
from ....datasets.timezones import in_zone
from ....errors import ArgumentError, FitError, one_of
from ....pipelines.evaluation import drawing
from ....pipelines.forecasting import AutoForecaster, Backtest, Ensemble, Forecaster
from ....pipelines.forecasting.baselines.table import baselines
from ....pipelines.forecasting.future import forecast_frame
from ....pipelines.forecasting.intervals import Uncertainty, with_uncertainty
from ..base import Study

LEVELS = [80, 95]  # central intervals, in per cent
HISTORY, ROWS = 4, 40  # rows of history that a chart shows, in horizons, and at least
Network: TypeAlias = Forecaster | Ensemble | AutoForecaster


@dataclass(frozen=True)
class Ahead:
    """A forecast of what follows the data.

    Attributes:
        model: its name in the leaderboard.
        why: whose forecast it is and why, and what it was fitted to, in sentences.
        notes: what is to be known of its intervals, in sentences.
        table: columns `unique_id, ds, cutoff, step, yhat`, intervals of `LEVELS`, and `model`.
        network: the network that forecast, trained on all rows; `None` for a baseline.
    """

    model: str
    why: str
    notes: tuple[str, ...]
    table: pd.DataFrame
    network: Network | None


def forecast_ahead(
    found: Study[Network, Backtest],
    panel: TimeSeriesPanel,
    model: str | None = None,
    future_rows: Path | None = None,
) -> Ahead | None:
    """Forecasts what follows the data with one model, fitted to all rows.

    Args:
        found: networks that were fitted to the rows before the test, with their tests.
        panel: all rows of all series.
        model: name in the leaderboard; by default the best.
        future_rows: table with known-future covariates after the end of each series.

    Returns:
        `None` for a network without the covariates that it needs.

    Raises:
        ArgumentError: no such model.
    """
    first = found.comparison.ranking[0]
    best = first.label if first.baseline else found.best
    name = best if model is None else one_of("--model", model, [*found.leaderboard["model"]])
    error = f"the smallest {found.error.upper()} of the test"
    if len(first.scores) > 1:
        error += f", in the mean over {len(first.scores)} seeds, of which it is the first"
    chosen = f"has {error}" if name == best else f"was chosen; {best} has {error}"
    why = f"The forecast is that of {name}, which {chosen}."
    if name not in found.networks:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            table = _by_baseline(name, panel, found.first).assign(model=name)
        return Ahead(name, f"{why} It was fitted to all rows.", _notes(caught), table, None)
    if panel.schema.future and future_rows is None:
        return None
    network, how = _on_all_rows(found.networks[name], panel)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = network.predict(future=future_rows, level=LEVELS).assign(model=name)
    return Ahead(name, f"{why} {how}", _notes(caught), table, network)


def _on_all_rows(network: Network, panel: TimeSeriesPanel) -> tuple[Network, str]:
    """The network trained on all rows, and that in words; if training fails, the tested network
    after reading them."""
    try:
        return network.retrained(panel), "It was trained anew on all rows, as long as before."
    except FitError as error:
        why = f"It is the tested network: training it anew on all rows failed. {error}"
        return network.warm_up(panel), why


def _notes(caught: Sequence[warnings.WarningMessage]) -> tuple[str, ...]:
    """Warnings of the prediction: nobody has set its levels, so that they are no warnings here."""
    return tuple(dict.fromkeys(str(one.message) for one in caught))


def ahead_chart(table: pd.DataFrame, panel: TimeSeriesPanel) -> Figure:
    """Draws the end of the history, the forecast and its intervals; of several series the last."""
    figure, axes = drawing.axes(width=9)
    series, schema = panel.series[-1], panel.schema
    own = table[table["unique_id"] == series.unique_id]
    shown = series[-max(HISTORY * len(own), 2 * schema.season, ROWS) :]
    times = in_zone(shown.times, schema.zone)
    y = shown.values(["y"])[:, 0]
    axes.plot(times, y, color="black", linewidth=1.2, label="history")
    known = np.flatnonzero(~np.isnan(y))[-1:]  # from where the forecast is drawn, if it is shown
    ds = [*times[known], *pd.DatetimeIndex(own["ds"])]
    for level, gray in zip(reversed(LEVELS), ("0.88", "0.76"), strict=True):
        low, high = ([*y[known], *own[f"yhat-{end}-{level}"]] for end in ("lo", "hi"))
        axes.fill_between(ds, low, high, color=gray, linewidth=0, label=f"{level} %")
    model = str(own["model"].iloc[0])
    axes.plot(ds, [*y[known], *own["yhat"]], color="tab:blue", linewidth=2.2, label=model)
    steps = "1 step" if len(own) == 1 else f"{len(own)} steps"
    axes.set_title(f"{series.unique_id}: {steps} ahead")
    axes.set_ylabel(f"{schema.target} ({schema.unit})" if schema.unit else schema.target)
    drawing.dates(axes, schema.zone)
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    return figure


def _by_baseline(name: str, panel: TimeSeriesPanel, tested: Backtest) -> pd.DataFrame:
    """A baseline's forecast of each series, fitted to all its rows, with intervals from its errors
    in the test."""
    schema, horizon, forecasts = panel.schema, tested.horizon, []
    for series in panel:
        y = series.values(["y"])[:, 0]
        found: Mapping[str, np.ndarray] = baselines(
            y, np.array([len(y) - 1]), horizon, len(y), schema.season, names=[name]
        )
        if name not in found:
            raise ArgumentError(
                f"{name} cannot forecast series {series.unique_id!r}, which has too few rows. "
                "Choose another --model."
            )
        forecasts.append(found[name][0])
    last = [series.times[-1] for series in panel]
    times = [schema.times_after(one, horizon) for one in last]
    frame = forecast_frame(panel.ids, last, times, np.array(forecasts), zone=schema.zone)
    wanted = Uncertainty.checked(None, LEVELS, None)
    return with_uncertainty(frame, tested.memory(name), np.arange(len(panel)), wanted, seed=0)
