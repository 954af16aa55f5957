"""Runs a backtest: a network's forecasts from rolling origins, the baselines' beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ....datasets import TimeSeries, TimeSeriesPanel
from ...evaluation import metrics
from ..baselines.table import baselines as baseline_forecasts
from .leakage import LeakTrace
from .leakage import audit as run_audit
from .origins import TestSplit, observed, scored, warn_of_filled
from .result import Backtest

if TYPE_CHECKING:
    from ..forecaster import Forecaster

Forecasts = dict[str, list[np.ndarray]]  # of each model `(origins, horizon)`, one a series
AUDITED = (0.05, 0.5, 0.95)  # quantiles


def roll(
    forecaster: "Forecaster",
    panel: TimeSeriesPanel,
    start: Any,
    stride: int,
    refit: int | None,
    baselines: Sequence[str] | None,
    audit: bool,
) -> Backtest:
    """As `Forecaster.backtest`, whose arguments these are, on a table that was read."""
    horizon = forecaster.horizon_
    until = dict(zip(forecaster.transform_.ids, forecaster.fitted_until_, strict=True))
    fitted_until = [until[one] for one in panel.ids]
    history = forecaster.lookback_ + forecaster.transform_.unknown
    test = scored(panel, fitted_until, history, horizon, start, stride)
    warn_of_filled(panel, test.origins, horizon)

    def run(panel: TimeSeriesPanel) -> Backtest:
        return _assembled(
            forecaster, panel, test, *_forecasts(forecaster, panel, test, refit, baselines)
        )

    def traces(changed: TimeSeriesPanel) -> list[LeakTrace]:
        return _traces(forecaster, changed, test, run(changed))

    result = run(panel)
    return replace(result, audit=run_audit(traces, panel, horizon)) if audit else result


@dataclass(frozen=True)
class _Block:
    """Origins that one network serves.

    Attributes:
        model: the network.
        which: the numbers of the series that it was fitted on.
        panel: those series, as they were known when the block begins.
        seen: rows of each that it was fitted on.
        origins: of each.
    """

    model: "Forecaster"
    which: list[int]
    panel: TimeSeriesPanel
    seen: list[int]
    origins: list[np.ndarray]


def _blocks(
    forecaster: "Forecaster", panel: TimeSeriesPanel, test: TestSplit, refit: int | None
) -> Iterator[_Block]:
    """The fitted network, then, every `refit` times, one that was fitted on what came before."""
    times = [s.times[o].to_numpy() for s, o in zip(panel, test.origins, strict=True)]
    calendar = np.unique(np.concatenate(times))
    for k in range(0, len(calendar), refit or len(calendar)):
        begins, ends = calendar[k], calendar[k : k + refit if refit else None][-1]
        if not k:
            which, rows, seen = list(range(len(panel))), test.known, test.training
        else:
            which = [i for i, t in enumerate(times) if _known_by(begins, ends, t, panel.series[i])]
            seen = [int((panel.series[i].times <= begins).sum()) for i in which]
            rows = [count - 1 for count in seen]
        pairs = zip(which, rows, strict=True)
        known = replace(panel, series=tuple(panel.series[i].as_known(row) for i, row in pairs))
        model = forecaster.refitted(known.cut(seen)) if k else forecaster
        here = [test.origins[i][(begins <= times[i]) & (times[i] <= ends)] for i in which]
        yield _Block(model, which, known, seen, here)


def _known_by(begins: Any, ends: Any, origins: np.ndarray, series: TimeSeries) -> bool:
    """Whether a series takes part in a block: its test has begun, or it is over."""
    return bool(origins[0] <= ends) if len(origins) else bool(series.times[-1] <= begins)


def _forecasts(
    forecaster: "Forecaster",
    panel: TimeSeriesPanel,
    test: TestSplit,
    refit: int | None,
    names: Sequence[str] | None,
) -> tuple[Forecasts, float]:
    """The forecasts of all models from all origins, and the seconds of fitting."""
    parts: dict[str, list[list[np.ndarray]]] = {}
    seconds = 0.0
    for block in _blocks(forecaster, panel, test, refit):
        model, season = block.model, panel.schema.season
        seconds += model.history_.seconds
        rows = model.transform_.rows(block.panel)
        scaled = model.strategy_.forecast_origins(rows, block.origins, model.horizon_)
        own = map(model.transform_.inverse, block.panel.ids, scaled)
        for i, series, here, seen, ours in zip(
            block.which, block.panel, block.origins, block.seen, own, strict=True
        ):
            y = series.values(["y"])[:, 0]
            beside = baseline_forecasts(y, here, model.horizon_, seen, season, names=names)
            for name, forecasts in ({forecaster.cell_name: ours} | beside).items():
                parts.setdefault(name, [[] for _ in panel])[i].append(forecasts)
    nothing = np.empty((0, forecaster.horizon_))
    found = {n: [np.concatenate([nothing, *p]) for p in several] for n, several in parts.items()}
    wanted = [*map(len, test.origins)]
    return {n: several for n, several in found.items() if [*map(len, several)] == wanted}, seconds


def _assembled(
    forecaster: "Forecaster",
    panel: TimeSeriesPanel,
    test: TestSplit,
    forecasts: Forecasts,
    seconds: float,
) -> Backtest:
    season, steps = panel.schema.season, np.arange(1, forecaster.horizon_ + 1)
    known = panel.as_known(test.known)
    truth, times, cutoffs, ids, level, scale = [], [], [], [], [], []
    for series, at_start, here, seen in zip(panel, known, test.origins, test.training, strict=True):
        targets = here[:, None] + steps
        truth.append(observed(series)[targets])
        times.append(series.times.to_numpy()[targets])
        cutoffs.append(series.times[here].to_numpy())
        ids.append(np.repeat(np.array([series.unique_id], dtype=object), len(here)))
        y = at_start.frame["y"]
        level.append(y.ffill().to_numpy("float64")[here])
        scale.append(np.full(len(here), metrics.naive_scale(y.to_numpy()[:seen], season)))
    return Backtest(
        model=forecaster.cell_name,
        name=panel.schema.name,
        ids=np.concatenate(ids),
        rows=np.concatenate(test.origins),
        origins=pd.DatetimeIndex(np.concatenate(cutoffs)),
        times=np.concatenate(times),
        truth=np.concatenate(truth),
        forecasts={name: np.concatenate(several) for name, several in forecasts.items()},
        level=np.concatenate(level),
        scale=np.concatenate(scale),
        parameters=forecaster.parameters_,
        seconds=seconds,
        target=panel.schema.target,
        unit=panel.schema.unit,
        zone=panel.schema.zone,
    )


def _traces(
    forecaster: "Forecaster", panel: TimeSeriesPanel, test: TestSplit, result: Backtest
) -> list[LeakTrace]:
    """What a backtest gave, series by series: the very numbers that its tables are made of."""
    intervals = result.quantiles(AUDITED)
    known = panel.as_known(test.known)
    plan = forecaster.plan(known.cut(test.training))
    transform = forecaster.new_transform(panel.schema, plan.recipe)
    fitted = transform.fit(known.cut(plan.training), known.cut(test.training))
    scaled = forecaster.transform_.rows(known)
    traces = []
    for i, series in enumerate(known):
        own = result.ids == series.unique_id
        rows, scaler = scaled[i], fitted.known_[series.unique_id]
        forecasts = {name: values[own] for name, values in result.forecasts.items()}
        issued = {"the last known value": result.level[own, None]}
        issued |= {f"the {q:.0%} quantile": intervals[k, own] for k, q in enumerate(AUDITED)}
        traces.append(
            LeakTrace(
                {
                    "scale of MASE": result.scale[own],
                    "mean and scale of the inputs": np.stack([scaler.mean_, scaler.scale_]),
                },
                test.training[i] - 1,
                {"scaled inputs": rows.known, "missing values": rows.there, "ahead": rows.ahead},
                test.origins[i],
                forecasts | issued,
                {name: values - result.truth[own] for name, values in forecasts.items()},
            )
        )
    return traces
