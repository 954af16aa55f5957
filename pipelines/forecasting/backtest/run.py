"""Runs a backtest: forecasts of a network and of the baselines from rolling origins."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from ....datasets import TimeSeries, TimeSeriesPanel
from ...evaluation import metrics
from ..baselines.table import baselines as baseline_forecasts
from ..build import new_transform
from ..fitted import FittedForecaster
from ..past_errors import observed_target
from ..plan import plan
from .earlier import EarlierErrors
from .leakage import LeakTrace
from .leakage import audit as run_audit
from .origins import TestSplit, test_origins, warn_of_filled
from .result import Backtest

#: Forecasts by model: for each series `(origins, horizon)`.
Forecasts: TypeAlias = dict[str, list[np.ndarray]]
#: Fits a new network to other rows, with the settings of the tested one.
Refit: TypeAlias = Callable[[TimeSeriesPanel], FittedForecaster]
AUDITED = (0.05, 0.5, 0.95)  # levels of the audited quantiles


def run_backtest(
    fitted: FittedForecaster,
    refitted: Refit,
    panel: TimeSeriesPanel,
    *,
    start: Any,
    stride: int,
    refit: int | None,
    baselines: Sequence[str] | None,
    audit: bool,
) -> Backtest:
    """Forecasts from rolling origins.

    Args:
        fitted: fitted forecaster to test.
        refitted: fits a new forecaster, for `refit`.
        panel: series to forecast.
        start, stride, refit, baselines, audit: as for `Forecaster.backtest`.

    Raises:
        ArgumentError, DataError, LeakError: as for `Forecaster.backtest`.
    """
    horizon = fitted.horizon
    test = test_origins(panel, fitted.until(panel.ids), fitted.needed, horizon, start, stride)
    warn_of_filled(panel, test.origins, horizon)

    def run(panel: TimeSeriesPanel) -> Backtest:
        blocks = _blocks(fitted, refitted, panel, test, refit)
        return _assemble(fitted, panel, test, *_forecasts(fitted, panel, test, blocks, baselines))

    def traces(changed: TimeSeriesPanel) -> list[LeakTrace]:
        return _traces(fitted, changed, test, run(changed))

    result = run(panel)
    return replace(result, audit=run_audit(traces, panel, horizon)) if audit else result


@dataclass(frozen=True)
class _Block:
    """Origins that are forecast by one network.

    Attributes:
        model: fitted forecaster.
        which: numbers of the series it was fitted on.
        panel: those series, as known when the block begins.
        seen: number of fitted rows of each series.
        origins: origins of each series.
    """

    model: FittedForecaster
    which: list[int]
    panel: TimeSeriesPanel
    seen: list[int]
    origins: list[np.ndarray]


def _blocks(
    fitted: FittedForecaster,
    refitted: Refit,
    panel: TimeSeriesPanel,
    test: TestSplit,
    refit: int | None,
) -> Iterator[_Block]:
    """The origins in blocks: of the fitted network, then of one fitted anew every `refit` times."""
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
        model = refitted(known.cut(seen)) if k else fitted
        here = [test.origins[i][(begins <= times[i]) & (times[i] <= ends)] for i in which]
        yield _Block(model, which, known, seen, here)


def _known_by(begins: Any, ends: Any, origins: np.ndarray, series: TimeSeries) -> bool:
    """Whether a series belongs to a block: its test has begun, or it has ended."""
    return bool(origins[0] <= ends) if len(origins) else bool(series.times[-1] <= begins)


def _forecasts(
    fitted: FittedForecaster,
    panel: TimeSeriesPanel,
    test: TestSplit,
    blocks: Iterator[_Block],
    names: Sequence[str] | None,
) -> tuple[Forecasts, float]:
    """The forecasts of all models from all origins, and the fit time in seconds."""
    parts: dict[str, list[list[np.ndarray]]] = {}
    seconds = 0.0
    for block in blocks:
        model, season = block.model, panel.schema.season
        seconds += model.history.seconds
        own = model.forecast_origins(block.panel, block.origins)
        for i, series, here, seen, ours in zip(
            block.which, block.panel, block.origins, block.seen, own, strict=True
        ):
            y = series.values(["y"])[:, 0]
            others = baseline_forecasts(y, here, model.horizon, seen, season, names=names)
            for name, forecasts in ({fitted.cell_name: ours} | others).items():
                parts.setdefault(name, [[] for _ in panel])[i].append(forecasts)
    nothing = np.empty((0, fitted.horizon))
    whole = {n: [np.concatenate([nothing, *p]) for p in several] for n, several in parts.items()}
    wanted = [*map(len, test.origins)]
    return {n: several for n, several in whole.items() if [*map(len, several)] == wanted}, seconds


def _assemble(
    fitted: FittedForecaster,
    panel: TimeSeriesPanel,
    test: TestSplit,
    forecasts: Forecasts,
    seconds: float,
) -> Backtest:
    season, steps = panel.schema.season, np.arange(1, fitted.horizon + 1)
    known = panel.as_known(test.known)
    fitted_rows = known.cut(test.training)
    truth, times, cutoffs, ids, level, scale = [], [], [], [], [], []
    for series, at_start, here, seen in zip(panel, known, test.origins, test.training, strict=True):
        targets = here[:, None] + steps
        truth.append(observed_target(series)[targets])
        times.append(series.times.to_numpy()[targets])
        cutoffs.append(series.times[here].to_numpy())
        ids.append(np.repeat(np.array([series.unique_id], dtype=object), len(here)))
        y = at_start.frame["y"]
        level.append(y.ffill().to_numpy("float64")[here])
        scale.append(np.full(len(here), metrics.naive_scale(y.to_numpy()[:seen], season)))
    return Backtest(
        model=fitted.cell_name,
        name=panel.schema.name,
        ids=np.concatenate(ids),
        rows=np.concatenate(test.origins),
        origins=pd.DatetimeIndex(np.concatenate(cutoffs)),
        times=np.concatenate(times),
        truth=np.concatenate(truth),
        forecasts={name: np.concatenate(several) for name, several in forecasts.items()},
        level=np.concatenate(level),
        scale=np.concatenate(scale),
        parameters=fitted.parameters,
        seconds=seconds,
        target=panel.schema.target,
        unit=panel.schema.unit,
        zone=panel.schema.zone,
        earlier=EarlierErrors(
            fitted.cell_name,
            fitted.held_out.select(fitted.places(panel.ids)),
            fitted_rows,
            [fitted.training_rows(count) for count in test.training],
            [last + 1 - seen for last, seen in zip(test.known, test.training, strict=True)],
            fitted.horizon,
        ),
    )


def _traces(
    fitted: FittedForecaster, panel: TimeSeriesPanel, test: TestSplit, result: Backtest
) -> list[LeakTrace]:
    """The values of a backtest for each series, from which its tables are computed."""
    intervals = result.quantiles(AUDITED)
    known = panel.as_known(test.known)
    seen = plan(fitted.settings, known.cut(test.training))
    transform = new_transform(fitted.settings, seen.recipe, panel.schema)
    transform.fit(known.cut(seen.training), known.cut(test.training))
    scaled = fitted.transform.rows(known)
    traces = []
    for i, series in enumerate(known):
        own = result.ids == series.unique_id
        rows, scaler = scaled[i], transform.known_[series.unique_id]
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
                {
                    "scaled inputs": rows.features,
                    "missing values": rows.observed,
                    "ahead": rows.future,
                },
                test.origins[i],
                forecasts | issued,
                {name: values - result.truth[own] for name, values in forecasts.items()},
            )
        )
    return traces
