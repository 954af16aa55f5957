"""What the strategies share that forecast every lead directly."""

from collections.abc import Callable, Sequence

import numpy as np

from ....zoo.heads import Head
from ..preprocessing.rows import Rows
from ..preprocessing.state import State
from .targets import require_head


class DirectStrategy:
    """Forecasts, quantiles and samples of a network that puts out every lead at once.

    With a head its output is the parameters of each lead, in the unit of the target; the point
    forecast is their median.
    """

    head: Head | None
    draws = paths = 1

    def outputs(self, state: State, future: np.ndarray) -> np.ndarray:
        """Outputs of the network, `(series, leads)` or, with a head, `(series, leads, outputs)`."""
        raise NotImplementedError

    def from_origins(
        self,
        rows: list[Rows],
        origins: list[np.ndarray],
        horizon: int,
        shape: tuple[int, ...],
        finish: Callable[[np.ndarray], np.ndarray],
    ) -> list[np.ndarray]:
        """What follows from the outputs at increasing origins of each series.

        Args:
            rows, origins, horizon: as for `forecast_origins`.
            shape: shape of the result for one lead, `()` for a number.
            finish: function from outputs `(origins, leads, …)` to `(origins, leads, *shape)`,
                applied batch by batch, so that no more is stored than it returns.

        Returns:
            `(origins, horizon, *shape)` for each series.
        """
        raise NotImplementedError

    def forecast(self, state: State, future: np.ndarray) -> np.ndarray:
        return self._point(self.outputs(state, future))

    def forecast_origins(
        self, rows: list[Rows], origins: list[np.ndarray], horizon: int
    ) -> list[np.ndarray]:
        return self.from_origins(rows, origins, horizon, (), self._point)

    def quantiles(
        self, state: State, future: np.ndarray, levels: Sequence[float], seed: int
    ) -> np.ndarray:
        return self._head.quantile(self.outputs(state, future), levels)

    def samples(self, state: State, future: np.ndarray, ranks: np.ndarray) -> np.ndarray:
        return self._head.ppf(ranks[..., 0], self.outputs(state, future))

    def quantiles_origins(
        self,
        rows: list[Rows],
        origins: list[np.ndarray],
        horizon: int,
        levels: Sequence[float],
        seed: int,
    ) -> list[np.ndarray]:
        def quantiles(outputs: np.ndarray) -> np.ndarray:
            return np.moveaxis(self._head.quantile(outputs, levels), 0, -1)

        found = self.from_origins(rows, origins, horizon, (len(levels),), quantiles)
        return [np.moveaxis(one, -1, 0) for one in found]

    @property
    def _of_counts(self) -> bool:
        return self.head is not None and self.head.counts

    @property
    def _head(self) -> Head:
        return require_head(self.head)

    def _point(self, outputs: np.ndarray) -> np.ndarray:
        return outputs if self.head is None else self.head.median(outputs)
