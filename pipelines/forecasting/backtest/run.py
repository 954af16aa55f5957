"""Runs a backtest: forecasts of a model and of the baselines from rolling origins."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from ....datasets import TimeSeries, TimeSeriesPanel
from ....errors import ArgumentTypeError, flag, whole_number
from ...evaluation import metrics
from ...recorder import Recorder
from ..baselines.table import baselines as baseline_forecasts
from ..build import new_transform
from ..fitted import FittedForecaster
from ..past_errors import observed_target
from ..plan import plan
from .earlier import EarlierErrors
from .leakage import LeakTrace
from .leakage import audit as run_audit
from .origins import TestSplit, test_origins, warn_of_filled
from .recording import record
from .result import Backtest
from .tested import Tested

#: Forecasts by model: for each series `(origins, horizon)`.
Forecasts: TypeAlias = dict[str, list[np.ndarray]]
AUDITED = (0.05, 0.5, 0.95)  # levels of the audited quantiles

#: Fits a new model to other rows, with the settings of the tested one.
Refit: TypeAlias = Callable[[TimeSeriesPanel], Tested]


def run_backtest(
    fitted: Tested,
    refitted: Refit,
    data: Any,
    *,
    start: Any = None,
    stride: int = 1,
    refit: int | None = None,
    baselines: Sequence[str] | None = None,
    audit: bool = False,
    recorder: Recorder | None = None,
) -> Backtest:
    """Forecasts from rolling origins.

    Args:
        fitted: what to test.
        refitted: fits a new one, for `refit`.
        data, start, stride, refit, baselines, audit, recorder: as for `Forecaster.backtest`.

    Raises:
        ArgumentError, ArgumentTypeError, DataError, LeakError: as for `Forecaster.backtest`.
    """
    whole_number("stride", stride)
    flag("audit", audit)
    if refit is not None:
        whole_number("refit", refit)
    if isinstance(baselines, str):
        raise ArgumentTypeError(
            f"`baselines` must be a list of names. Received: baselines={baselines!r}"
        )
    panel, horizon = fitted.panel(data, weights=refit is not None), fitted.horizon
    needed = fitted.needed + (horizon if fitted.networks else 0)
    test = test_origins(panel, fitted.until(panel.ids), needed, horizon, start, stride)
    warn_of_filled(panel, test.origins, horizon)

    def run(panel: TimeSeriesPanel) -> Backtest:
        blocks = _blocks(fitted, refitted, panel, test, refit)
        made = _forecasts(fitted, panel, test, blocks, baselines)
        return _assemble(fitted, panel, test, *made)

    def traces(changed: TimeSeriesPanel) -> list[LeakTrace]:
        return _traces(fitted, changed, test, run(changed))

    result = run(panel)
    if audit:
        result = replace(result, audit=run_audit(traces, panel, horizon))
    if recorder is not None:
        record(result, recorder)
    return result


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

    model: Tested
    which: list[int]
    panel: TimeSeriesPanel
    seen: list[int]
    origins: list[np.ndarray]


def _blocks(
    fitted: Tested,
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
    fitted: Tested,
    panel: TimeSeriesPanel,
    test: TestSplit,
    blocks: Iterator[_Block],
    names: Sequence[str] | None,
) -> tuple[Forecasts, list[np.ndarray] | None, float]:
    """The forecasts of all models from all origins, the quantiles of the head where intervals come
    from one, and the fit time in seconds."""
    parts: dict[str, list[list[np.ndarray]]] = {}
    heads: list[list[np.ndarray]] = [[] for _ in panel]
    seconds = 0.0
    for block in blocks:
        model, season = block.model, panel.schema.season
        seconds += model.seconds
        own = model.forecast_origins(block.panel, block.origins)
        quantiles = model.distributions_origins(block.panel, block.origins)
        for i, one in zip(block.which, quantiles or (), strict=quantiles is not None):
            heads[i].append(one)
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
    made = {n: several for n, several in whole.items() if [*map(len, several)] == wanted}
    known = [np.concatenate(one) for one in heads if one]
    return made, known or None, seconds


def _assemble(
    fitted: Tested,
    panel: TimeSeriesPanel,
    test: TestSplit,
    forecasts: Forecasts,
    heads: list[np.ndarray] | None,
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
        of_head=None if heads is None else np.concatenate(heads),
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
    fitted: Tested, panel: TimeSeriesPanel, test: TestSplit, result: Backtest
) -> list[LeakTrace]:
    """The values of a backtest for each series, from which its tables are computed."""
    intervals = result.quantiles(AUDITED)
    known = panel.as_known(test.known)
    inputs = {name: _Inputs.of(one, known, test) for name, one in fitted.networks.items()}
    traces = []
    for i, series in enumerate(known):
        own = result.ids == series.unique_id
        forecasts = {name: values[own] for name, values in result.forecasts.items()}
        issued = {"the last known value": result.level[own, None]}
        issued |= {f"the {q:.0%} quantile": intervals[k, own] for k, q in enumerate(AUDITED)}
        traces.append(
            LeakTrace(
                {"scale of MASE": result.scale[own]}
                | _named({name: one.fitted[i] for name, one in inputs.items()}),
                test.training[i] - 1,
                _named({name: one.rows[i] for name, one in inputs.items()}),
                test.origins[i],
                forecasts | issued,
                {name: values - result.truth[own] for name, values in forecasts.items()},
            )
        )
    return traces


@dataclass(frozen=True)
class _Inputs:
    """What a network reads, of each series.

    Attributes:
        fitted: what is fitted to the training rows.
        rows: by row.
    """

    fitted: list[dict[str, np.ndarray]]
    rows: list[dict[str, np.ndarray]]

    @classmethod
    def of(cls, network: FittedForecaster, known: TimeSeriesPanel, test: TestSplit) -> "_Inputs":
        fitted_rows = known.cut(test.training)
        seen = plan(network.settings, fitted_rows)
        transform = new_transform(network.settings, seen.recipe, known.schema)
        transform.fit(known.cut(seen.training), fitted_rows)
        scalers = [transform.known_[one] for one in known.ids]
        return cls(
            [{"mean and scale of the inputs": np.stack([s.mean_, s.scale_])} for s in scalers],
            [
                {
                    "scaled inputs": rows.features,
                    "missing values": rows.observed,
                    "ahead": rows.future,
                }
                for rows in network.transform.rows(known)
            ],
        )


def _named(each: Mapping[str, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Values of several networks, with their names where there are several."""
    if len(each) == 1:
        return next(iter(each.values()))
    return {f"{what} of {name}": v for name, own in each.items() for what, v in own.items()}
