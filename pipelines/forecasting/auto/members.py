"""The networks and baselines that forecast together, and what is known of their series."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from ....datasets import Schema, TimeSeries, TimeSeriesPanel
from ...evaluation.conformal import ErrorMemory
from ..baselines.table import BASELINES, VARIANTS
from ..fitted import FittedForecaster
from ..history.read import SeriesRead
from .baselines import SeriesBaselines
from .combination import Candidate, without
from .logarithms import has_low, warn_of_left_out
from .split import training_rows


@dataclass(frozen=True)
class AutoSettings:
    """Settings of an `AutoForecaster` that its forecasts need.

    Attributes:
        horizon: number of leads.
        validation: share of the rows by which candidates are weighted.
        seed: seed of the fit.
        params: all settings, as given.
    """

    horizon: int
    validation: float
    seed: int
    params: dict[str, Any]


@dataclass(frozen=True, repr=False)
class Members(SeriesRead):
    """The networks and baselines that forecast together. Lists hold one entry per series.

    Attributes:
        settings: settings that the forecasts need.
        schema: what the columns of the fitted table mean.
        static_values: static covariates of each series, by its id.
        networks: networks by name.
        baselines: baselines of each series, after `last_times`.
        candidates: all that was tried, the smallest validation error first.
        fitted_until: time of the last fitted row of each series.
        last_times: time of the last row read of each series.
        low: whether a value that is not above 0 was read of each series, `(series,)`.
        seconds: fit time of all candidates in seconds.
        errors: past errors of the combined forecasts, after `last_times`.
        held_out: those in the rows that trained no candidate, after `fitted_until`.
    """

    settings: AutoSettings
    schema: Schema
    static_values: dict[str, tuple[float, ...]]
    networks: dict[str, FittedForecaster]
    baselines: list[SeriesBaselines]
    candidates: tuple[Candidate, ...]
    fitted_until: list[pd.Timestamp]
    last_times: list[pd.Timestamp]
    low: np.ndarray
    seconds: float
    errors: ErrorMemory
    held_out: ErrorMemory

    @classmethod
    def of(
        cls,
        settings: AutoSettings,
        panel: TimeSeriesPanel,
        networks: dict[str, FittedForecaster],
        candidates: Sequence[Candidate],
        errors: ErrorMemory,
        seconds: float = 0.0,
    ) -> Self:
        """Fits the baselines that take part to all rows of a panel, and reads them.

        Args:
            errors: errors of the combined forecasts, at the ends of the series.
        """
        names = [one.name for one in candidates if one.weight and one.name in BASELINES | VARIANTS]
        fitted, reasons = [], []
        for series in panel:
            y = target(series)
            one, failed = SeriesBaselines.fit(y, names, settings.horizon, panel.schema.season)
            fitted.append(one.after(y))
            reasons.append(failed)
        gone = {n: reasons[0][n] for n in names if all(n in failed for failed in reasons)}
        for name, reason in gone.items():
            warn_of_left_out(name, reason)
        candidates = without(candidates, gone) if gone else candidates
        last = [series.times[-1] for series in panel]
        return cls(
            settings=settings,
            schema=panel.schema,
            static_values={series.unique_id: series.static for series in panel},
            networks=networks,
            baselines=fitted,
            candidates=tuple(candidates),
            fitted_until=last,
            last_times=last,
            low=has_low(panel),
            seconds=seconds,
            errors=errors,
            held_out=errors,
        )

    @property
    def ids(self) -> list[str]:
        """The ids of the fitted series."""
        return list(self.static_values)

    @property
    def statics(self) -> dict[str, tuple[float, ...]]:
        """Static covariates by id."""
        return self.static_values

    @property
    def horizon(self) -> int:
        """The number of leads, in rows."""
        return self.settings.horizon

    @property
    def seed(self) -> int:
        """The seed of the fit."""
        return self.settings.seed

    @property
    def cell_name(self) -> str:
        """The name in tables."""
        return "auto"

    @property
    def needed(self) -> int:
        """The number of rows of history that a forecast needs."""
        return max((one.needed for one in self.networks.values()), default=1)

    @property
    def parameters(self) -> int:
        """The number of trained weights of all networks."""
        return sum(one.parameters for one in self.networks.values())

    @property
    def weights(self) -> dict[str, float]:
        """The share of each network and baseline in the forecast, the largest first."""
        used = [one for one in self.candidates if one.weight]
        return {one.name: one.weight for one in sorted(used, key=lambda one: -one.weight)}

    def training_rows(self, rows: int) -> int:
        """The number of training rows among the last fitted `rows` of a series."""
        if self.networks:
            return max(one.training_rows(rows) for one in self.networks.values())
        return training_rows(rows, self.settings.validation, self.horizon)


def target(series: TimeSeries) -> np.ndarray:
    """The target of a series, `(rows,)`; NaN where it was missing."""
    return series.values(["y"])[:, 0]
