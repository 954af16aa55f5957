"""The backtest of an `AutoForecaster`: those of its members, combined."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..backtest.result import Backtest
from ..baselines.table import BASELINES
from ..forecaster import Forecaster
from .combination import weighted_mean
from .fitted import FittedAuto


def backtest(
    fitted: FittedAuto, data: Any, model: str, baselines: Sequence[str] | None = None, **how: Any
) -> Backtest:
    """Forecasts from every origin after the fitted rows with the combination.

    Args:
        fitted: the networks and baselines that take part.
        data: each series as a whole, including its history.
        model: name of the combination in tables.
        baselines: names of baselines to compare with; by default all.
        how: further arguments of `Forecaster.backtest`.
    """
    shown = list(BASELINES) if baselines is None else list(baselines)
    names = [*dict.fromkeys([*shown, *fitted.baselines])]
    results = {
        name: Forecaster.of(one).backtest(data, baselines=names if not k else (), **how)
        for k, (name, one) in enumerate(fitted.networks.items())
    }
    first = next(iter(results.values()))
    others = {name: first.forecasts[name] for name in first.baselines}
    networks = {name: one.forecasts[one.model] for name, one in results.items()}
    combined = weighted_mean(networks | others, fitted.weights)
    earlier = first.earlier
    if earlier is not None:
        own = fitted.held_out.select(fitted.first.places(earlier.ids))
        earlier = replace(earlier, model=model, own=own, _found={})
    return replace(
        first,
        model=model,
        forecasts={model: combined} | {k: v for k, v in others.items() if k in shown},
        earlier=earlier,
        parameters=sum(one.parameters for one in fitted.networks.values()),
        seconds=fitted.seconds,
    )
