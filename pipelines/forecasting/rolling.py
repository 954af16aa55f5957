"""Runs a backtest: a network's forecasts from rolling origins, the baselines' beside them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from ...datasets import Panel, Series, require_rows
from ...errors import ArgumentError
from .. import metrics
from ..windows import origins_between
from .audit import Trace
from .audit import audit as run_audit
from .backtest import Backtest
from .baselines import baselines as baseline_forecasts

if TYPE_CHECKING:
    from .forecaster import Forecaster

Forecasts = dict[str, list[np.ndarray]]  # of each model `(origins, horizon)`, one a series


def roll(
    forecaster: "Forecaster",
    panel: Panel,
    start: Any,
    stride: int,
    refit: int | None,
    baselines: Sequence[str] | None,
    audit: bool,
) -> Backtest:
    """As `Forecaster.backtest`, whose arguments these are, on a table that was read."""
    horizon, fitted_until = forecaster.horizon_, _fitted_until(forecaster, panel)
    origins, training = [], []
    for series, until in zip(panel, fitted_until, strict=True):
        first = first_scored(series, start, until, horizon)
        seen = int((series.times <= until).sum())
        needed = forecaster.lookback_ + horizon
        why = "look-back + horizon of what `fit` saw: give the whole series, history included"
        require_rows(series[:seen], needed, why)
        require_rows(series, first + horizon, f"{first} before the backtest + the horizon")
        origins.append(origins_between(first, len(series), horizon, stride))
        training.append(seen)

    def forecast(panel: Panel) -> tuple[Forecasts, float]:
        return _forecasts(forecaster, panel, origins, training, refit, baselines)

    def trace(panel: Panel) -> list[Trace]:
        return _traces(forecaster, panel, origins, training, forecast(panel)[0])

    forecasts, seconds = forecast(panel)
    result = _assembled(forecaster, panel, origins, training, forecasts, seconds)
    return replace(result, audit=run_audit(trace, panel, horizon)) if audit else result


def first_scored(series: Series, start: Any, fitted_until: pd.Timestamp, horizon: int) -> int:
    """The first row that a backtest scores.

    Raises:
        ArgumentError: `start` is no time, lies in what `fit` saw, or nothing is left.
    """
    if start is None:
        first = int((series.times <= fitted_until).sum())
    else:
        time = _time(start)
        first = int((series.times < time).sum())
        if time <= fitted_until:
            raise ArgumentError(
                f"A backtest scores what `fit` did not see: it saw rows up to {fitted_until}. "
                f"Received: start={start}"
            )
    if first >= len(series):
        raise ArgumentError(
            f"There is nothing to score: `fit` saw rows up to {fitted_until}, the data end at "
            f"{series.times[-1]}. Fit on an earlier part, e.g. data[:-{horizon}]."
        )
    return first


def _fitted_until(forecaster: "Forecaster", panel: Panel) -> list[pd.Timestamp]:
    until = dict(zip(forecaster.transform_.ids, forecaster.fitted_until_, strict=True))
    return [until[one] for one in panel.ids]


def _forecasts(
    forecaster: "Forecaster",
    panel: Panel,
    origins: list[np.ndarray],
    training: list[int],
    refit: int | None,
    names: Sequence[str] | None,
) -> tuple[Forecasts, float]:
    """The forecasts of all models from all origins, and the seconds of fitting."""
    parts: list[Forecasts] = []
    seconds = 0.0
    for model, seen, block in _models(forecaster, panel, origins, training, refit):
        seconds += model.history_.seconds
        rows = model.transform_.rows(panel)
        found = {forecaster.cell: model.architecture_.forecast_origins(rows, block, model.horizon_)}
        for series, here, known in zip(panel, block, seen, strict=True):
            y = series.values(["y"])[:, 0]
            beside = baseline_forecasts(
                y, here, model.horizon_, known, panel.schema.season, names=names
            )
            for name, forecasts in beside.items():
                found.setdefault(name, []).append(forecasts)
        parts.append(found)
    everywhere = set.intersection(*[_complete(part, len(panel)) for part in parts])
    return {
        name: [np.concatenate(series) for series in zip(*[p[name] for p in parts], strict=True)]
        for name in parts[0]
        if name in everywhere
    }, seconds


def _models(
    forecaster: "Forecaster",
    panel: Panel,
    origins: list[np.ndarray],
    training: list[int],
    refit: int | None,
) -> Iterator[tuple["Forecaster", list[int], list[np.ndarray]]]:
    """Each network in turn, the rows that it has seen, and the origins that it serves."""
    if refit is None:
        yield forecaster, training, origins
        return
    for block in range(math.ceil(max(map(len, origins)) / refit)):
        here = [o[block * refit : (block + 1) * refit] for o in origins]
        if not block:
            yield forecaster, training, here
            continue
        seen = [int(h[0] if len(h) else o[-1]) + 1 for h, o in zip(here, origins, strict=True)]
        yield clone(forecaster).fit(panel.cut(seen)), seen, here


def _complete(forecasts: Forecasts, series: int) -> set[str]:
    """The models that could forecast every series."""
    return {name for name, several in forecasts.items() if len(several) == series}


def _assembled(
    forecaster: "Forecaster",
    panel: Panel,
    origins: list[np.ndarray],
    training: list[int],
    forecasts: Forecasts,
    seconds: float,
) -> Backtest:
    season, steps = panel.schema.season, np.arange(1, forecaster.horizon_ + 1)
    truth, times, cutoffs, ids, scale = [], [], [], [], []
    for series, here, seen in zip(panel, origins, training, strict=True):
        y, targets = series.values(["y"])[:, 0], here[:, None] + steps
        truth.append(y[targets])
        times.append(series.times.to_numpy()[targets])
        cutoffs.append(series.times[here].to_numpy())
        ids.append(np.repeat(np.array([series.unique_id], dtype=object), len(here)))
        scale.append(np.full(len(here), metrics.naive_scale(y[:seen], season)))
    return Backtest(
        model=forecaster.cell,
        name=panel.schema.name,
        ids=np.concatenate(ids),
        rows=np.concatenate(origins),
        origins=pd.DatetimeIndex(np.concatenate(cutoffs)),
        times=np.concatenate(times),
        truth=np.concatenate(truth),
        forecasts={name: np.concatenate(several) for name, several in forecasts.items()},
        level=np.concatenate(
            [_last_known(series, here) for series, here in zip(panel, origins, strict=True)]
        ),
        scale=np.concatenate(scale),
        parameters=forecaster.parameters_,
        seconds=seconds,
        target=panel.schema.target,
        unit=panel.schema.unit,
    )


def _traces(
    forecaster: "Forecaster",
    panel: Panel,
    origins: list[np.ndarray],
    training: list[int],
    forecasts: Forecasts,
) -> list[Trace]:
    steps = np.arange(1, forecaster.horizon_ + 1)
    traces = []
    for i, series in enumerate(panel):
        y, rows = series.values(["y"])[:, 0], forecaster.transform_.rows([series])[0]
        scale = metrics.naive_scale(y[: training[i]], panel.schema.season)
        own = {name: several[i] for name, several in forecasts.items()}
        truth = y[origins[i][:, None] + steps]
        traces.append(
            Trace(
                {"scale of MASE": np.array(scale)},
                training[i] - 1,
                {"scaled inputs": rows.known, "missing values": rows.there, "ahead": rows.ahead},
                origins[i],
                own,
                {name: forecast - truth for name, forecast in own.items()},
            )
        )
    return traces


def _last_known(series: Series, origins: np.ndarray) -> np.ndarray:
    return series.frame["y"].ffill().to_numpy("float64")[origins]


def _time(value: Any) -> pd.Timestamp:
    try:
        time = pd.Timestamp(value)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"`start` must be a time. Received: start={value!r}") from error
    if time is pd.NaT or time.tz is not None:
        raise ArgumentError(
            f"`start` must be a time without a zone (UTC). Received: start={value!r}"
        )
    return time
