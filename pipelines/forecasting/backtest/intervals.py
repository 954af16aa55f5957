"""Quantiles of rolling forecasts from past errors, and their scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from ...evaluation.calibration import by_group, calibration_table, judged
from ...evaluation.conformal import ErrorMemory
from ...evaluation.conformal_runs import Track, follow
from ...evaluation.intervals import check_levels
from .forecasts import RollingForecasts

#: Levels of the central intervals of 95, 90, 80, 50 and 20 % for which calibration is measured.
CENTRAL = (0.025, 0.05, 0.1, 0.25, 0.4, 0.6, 0.75, 0.9, 0.95, 0.975)
#: Levels at which distributions are scored.
GRID = (0.025, *(k / 20 for k in range(1, 20)), 0.975)
#: Both.
LEVELS = tuple(sorted({*GRID, *CENTRAL}))


@dataclass(frozen=True)
class IntervalForecasts(RollingForecasts):
    """Rolling forecasts with quantiles from past errors, or from a head that these recalibrate.

    Attributes: as of `RollingForecasts`.
    """

    def quantiles(self, levels: Sequence[float], name: str | None = None) -> np.ndarray:
        """Quantiles of one model's forecasts, by default the network's, from its past errors, or
        from its head, which these recalibrate.

        They start from the errors in the held-out rows of the fit, and adapt to those made since;
        see `docs/intervals.md`. The error of lead h from an origin is used from h rows later on,
        when it is known.

        Returns:
            `(levels, origins, horizon)`, increasing; NaN before the first error of a lead.

        Raises:
            ArgumentError: levels that do not increase between 0 and 1, or no such model.
        """
        name, checked = self._checked_name(name), check_levels(levels)
        result = np.full((len(checked), *self.truth.shape), np.nan)
        _, made = self._followed(name, checked)
        for own, quantiles in zip(self._places, made, strict=True):
            result[:, own] = quantiles
        return result

    def memory(self, name: str | None = None) -> ErrorMemory:
        """The past errors of one model after the test, by default the network's, from which the
        intervals of its next forecasts follow.

        Series are in the order of the panel.

        Raises:
            ArgumentError: no such model.
        """
        return self._followed(self._checked_name(name), np.empty(0))[0]

    def _followed(self, name: str, levels: np.ndarray) -> tuple[ErrorMemory, list[np.ndarray]]:
        """The memory of a model after the test, and its quantiles of each series."""
        places = self._places
        if self.earlier is None:
            memory = ErrorMemory.empty(len(places), self.horizon)
        else:
            memory = self.earlier.memory(name)
        of_head = self.of_head if name == self.model and memory.of_distributions else None
        tracks = [self._track(own, self.forecasts[name], of_head) for own in places]
        return follow(memory, tracks, [*levels], continued=True)

    @property
    def _places(self) -> list[np.ndarray]:
        """The numbers of the origins of each series."""
        ids = list(dict.fromkeys(self.ids) if self.earlier is None else self.earlier.ids)
        return [np.flatnonzero(self.ids == one) for one in ids]

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """Columns `model, nominal, coverage, width, pinball, count, worst, winkler`: `intervals`
        of every model."""
        tables = [self.intervals(name).assign(model=name) for name in self.forecasts]
        table = pd.concat(tables).sort_values(["model", "nominal"], ignore_index=True)
        return table[["model", *(column for column in table if column != "model")]]

    def intervals(self, name: str | None = None) -> pd.DataFrame:
        """Central intervals of one model's `quantiles`, by default the network's.

        Returns:
            Columns `nominal, coverage, width, pinball, count, worst, winkler`: the nominal and the
            actual share of the truth inside; mean width and pinball loss of the two ends, in the
            unit of the series; the number of true values with a known interval; the coverage in the
            worst of ten parts of the test in time; and the interval score.

        Raises:
            ArgumentError: no such model.
        """
        return self._judged(name)["intervals"]

    @cached_property
    def distributions(self) -> pd.DataFrame:
        """Columns `model, crps, coverage, worst, width, winkler, count`, the smallest CRPS first.

        The CRPS is that of quantiles at levels from 2.5 to 97.5 %, in units of the error that
        `error` names; what follows is of the 80 % interval, as in `intervals`.
        """
        rows = [{"model": name} | self.interval_scores(name) for name in self.forecasts]
        table = pd.DataFrame(rows).astype({"count": int})
        return table.sort_values("crps", ignore_index=True)

    def interval_scores(self, name: str | None = None) -> dict[str, float]:
        """`crps, coverage, worst, width, winkler, count` of one model, by default the network's, as
        in `distributions`.

        Raises:
            ArgumentError: no such model.
        """
        return _summary(self._judged(name))

    def scores_of(self, quantiles: np.ndarray) -> dict[str, float]:
        """`interval_scores` of other quantiles, such as those of a head.

        Args:
            quantiles: at `LEVELS`, `(levels, origins, horizon)`; NaN where unknown.
        """
        return _summary(self._scored(quantiles))

    def reliability(self, name: str | None = None) -> pd.DataFrame:
        """How often the truth is below each quantile of one model, by default the network's.

        Returns:
            Columns `level, share, count`; the differences of `share` are the histogram of the
            probability integral transform.
        """
        return self._judged(name)["reliability"]

    def coverage_by_season(self, name: str | None = None, nominal: float = 0.8) -> pd.DataFrame:
        """The coverage of a central interval at each position in the season, e.g. each hour.

        Returns:
            Columns `position, first, coverage, width, count`; `first` is the first target time at
            the position.

        Raises:
            ArgumentError: `nominal` is not between 0 and 1.
        """
        ends = check_levels([(1 - nominal) / 2, (1 + nominal) / 2])
        season = 1 if self.earlier is None else self.earlier.panel.schema.season
        targets = self.rows[:, None] + np.arange(1, self.horizon + 1)
        low, high = self.quantiles([*ends], name)
        table = by_group(self.truth, low, high, targets % season)
        first = pd.Series(self.times.ravel()).groupby((targets % season).ravel()).min()
        table.insert(1, "first", table["position"].map(first))
        return table

    def with_baselines_of(self, other: Self) -> Self:
        """Returns this backtest with the baselines of another one over the same rows, and with
        what is known of their intervals.

        Raises:
            ArgumentError: origins or truth differ.
        """
        joined = super().with_baselines_of(other)
        known = {name: other._found[name] for name in other.baselines if name in other._found}
        joined._found.update(known)
        return joined

    def _judged(self, name: str | None) -> dict:
        name = self._checked_name(name)
        if name not in self._found:
            self._found[name] = self._scored(self.quantiles(LEVELS, name))
        return self._found[name]

    def _scored(self, quantiles: np.ndarray) -> dict:
        """The scores of quantiles at `LEVELS`."""
        grid, central = ([LEVELS.index(one) for one in some] for some in (GRID, CENTRAL))
        scale = self.scale if self.error == "mase" else np.ones_like(self.scale)
        order = self.origins.to_numpy().argsort(kind="stable")
        table = calibration_table(
            self.truth[order], quantiles[central][:, order], CENTRAL, parts=True
        )
        return {"intervals": table} | judged(self.truth, quantiles[grid], GRID, scale)

    @cached_property
    def _found(self) -> dict[str, dict]:
        return {}

    def _track(self, own: np.ndarray, forecasts: np.ndarray, of_head: np.ndarray | None) -> Track:
        """The rows of one series from its first origin to its last target."""
        heads = None if of_head is None else of_head[own]
        if not len(own):
            none = np.empty(0, "datetime64[ns]")
            shape = (0, self.horizon)
            return Track(none, np.empty(0), np.empty(0, int), np.empty(shape), distributions=heads)
        at = self.rows[own] - self.rows[own[0]]
        times, values = np.full((2, at[-1] + self.horizon + 1), np.nan)
        times[at] = self.origins.to_numpy()[own].astype("datetime64[ns]").astype(float)
        for lead in range(1, self.horizon + 1):
            times[at + lead] = self.times[own, lead - 1].astype("datetime64[ns]").astype(float)
            values[at + lead] = self.truth[own, lead - 1]
        known = np.flatnonzero(~np.isnan(times))  # origins may be further apart than the horizon
        times = np.interp(np.arange(len(times)), known, times[known])
        moments = times.astype("datetime64[ns]")
        return Track(moments, values, at, forecasts[own], distributions=heads)


def _summary(scored: dict) -> dict[str, float]:
    table = scored["intervals"].set_index("nominal").loc[0.8]
    columns = ("coverage", "worst", "width", "winkler", "count")
    return {"crps": scored["crps"]} | {key: float(table[key]) for key in columns}
