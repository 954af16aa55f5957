"""Quantiles and samples of a fitted forecaster, from the head of its network."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...datasets import TimeSeriesPanel
from ...errors import ArgumentError, seed_number, whole_number
from ..evaluation.distributions import LEVELS
from ..evaluation.intervals import check_levels
from .future import Start
from .preprocessing.transform import Transform
from .strategies.base import Strategy
from .strategies.roll_out import random_ranks
from .strategies.targets import require_head


def from_head(strategy: Strategy) -> bool:
    """Whether intervals come from the head of a network: one that says each lead at once. A closed
    loop would have to be rolled out hundreds of times from every row."""
    return strategy.head is not None and strategy.paths == 1


class HeadForecasts:
    """Methods of a `FittedForecaster` whose network has a head. Arrays have one entry per series.

    Quantiles pass through the inverse of a transform as they are, because it is monotone.
    """

    transform: Transform
    strategy: Strategy

    @property
    def horizon(self) -> int:
        """The number of leads, in rows."""
        raise NotImplementedError

    def _start(self, data: Any, future: Any, horizon: int | None) -> Start:
        raise NotImplementedError

    def head_quantiles(
        self,
        levels: Sequence[float],
        data: Any = None,
        future: Any = None,
        horizon: int | None = None,
        seed: int = 0,
    ) -> np.ndarray:
        """Quantiles of the rows that follow, from the head, in the unit of the target.

        Args:
            levels: levels of the quantiles, above 0 and below 1, increasing.
            data, future, horizon: as for `forecast`.
            seed: seed of the samples from which a closed loop takes them.

        Returns:
            `(series, levels, leads)`; they do not cross.

        Raises:
            ArgumentError: the network has no head, or levels that cannot be used.
            DataError: as for `forecast`.
        """
        require_head(self.strategy.head)
        checked = check_levels(levels).tolist()
        start = self._start(data, future, horizon)
        scaled = self.strategy.quantiles(start.state, start.known, checked, seed)
        return self._in_own_units(start.ids, np.moveaxis(scaled, 1, 0)[..., : start.leads])

    def head_samples(
        self,
        n: int,
        seed: int = 0,
        data: Any = None,
        future: Any = None,
        horizon: int | None = None,
        ranks: np.ndarray | None = None,
    ) -> np.ndarray:
        """Samples of the rows that follow, from the head, in the unit of the target.

        Those of a closed loop are paths: each step is drawn given the ones before it. The others
        have a distribution for each lead, and the leads of a sample are as dependent as its ranks.

        Args:
            n: number of samples.
            seed: seed of the draws; the same seed gives the same samples.
            data, future, horizon: as for `forecast`.
            ranks: level of each draw, `(series, n, leads)` in (0, 1), such as those of a copula; by
                default independent and uniform.

        Returns:
            `(series, n, leads)`.

        Raises:
            ArgumentError: the network has no head, or ranks of another shape or beyond (0, 1).
            DataError: as for `forecast`.
        """
        require_head(self.strategy.head)
        whole_number("n", n)
        start = self._start(data, future, horizon)
        ahead = start.known.shape[1]
        drawn = random_ranks(n, (len(start.ids), ahead, self.strategy.draws), seed_number(seed))
        if ranks is not None:
            _check_ranks(ranks, (len(start.ids), n, start.leads))
            drawn[..., : start.leads, 0] = np.moveaxis(ranks, 1, 0)
        scaled = self.strategy.samples(start.state, start.known, drawn)
        return self._in_own_units(start.ids, np.moveaxis(scaled, 1, 0)[..., : start.leads])

    def forecast_quantiles_origins(
        self,
        panel: TimeSeriesPanel,
        origins: list[np.ndarray],
        levels: Sequence[float],
        seed: int = 0,
    ) -> list[np.ndarray]:
        """Quantiles of each series from its rows `origins`: `(levels, origins, horizon)`, in its
        unit, from the head, in one pass.

        Raises:
            ArgumentError: the network has no head, or levels that cannot be used.
        """
        require_head(self.strategy.head)
        checked = check_levels(levels).tolist()
        rows = self.transform.rows(panel)
        scaled = self.strategy.quantiles_origins(rows, origins, self.horizon, checked, seed)
        return [*map(self.transform.inverse, panel.ids, scaled)]

    @property
    def of_counts(self) -> bool:
        """Whether intervals come from a head for counts."""
        head = self.strategy.head
        return from_head(self.strategy) and head is not None and head.counts

    def distributions_origins(
        self, panel: TimeSeriesPanel, origins: list[np.ndarray]
    ) -> list[np.ndarray] | None:
        """What the head forecasts from the rows `origins` of each series, as quantiles at the
        `LEVELS` of `evaluation/distributions.py`, `(origins, horizon, levels)` in its unit; `None`
        where intervals do not come from a head."""
        if not from_head(self.strategy):
            return None
        found = self.forecast_quantiles_origins(panel, origins, LEVELS)
        return [np.moveaxis(one, 0, -1) for one in found]

    def _distributions(self, start: Start) -> np.ndarray | None:
        """The same from a start, `(series, leads, levels)`."""
        if not from_head(self.strategy):
            return None
        scaled = self.strategy.quantiles(start.state, start.known, LEVELS, 0)
        own = self._in_own_units(start.ids, np.moveaxis(scaled, 1, 0)[..., : start.leads])
        return np.moveaxis(own, 1, -1)

    def spread(self, panel: TimeSeriesPanel, origins: list[np.ndarray]) -> list[np.ndarray]:
        """The width of the central 80 % that the head forecasts from the rows `origins` of each
        series, `(origins, horizon)`, in its unit: 0 or above."""
        found = self.forecast_quantiles_origins(panel, origins, (0.1, 0.9))
        return [upper - lower for lower, upper in found]

    def _in_own_units(self, ids: Sequence[str], values: np.ndarray) -> np.ndarray:
        return np.stack([*map(self.transform.inverse, ids, values)])


def _check_ranks(ranks: np.ndarray, shape: tuple[int, ...]) -> None:
    received = np.shape(ranks)
    if received != shape or not (np.greater(ranks, 0) & np.less(ranks, 1)).all():
        raise ArgumentError(
            f"`ranks` must be numbers above 0 and below 1 of shape {shape}, (series, n, leads). "
            f"Received: shape {received}"
            + ("" if received != shape else f" between {np.min(ranks):g} and {np.max(ranks):g}")
        )
