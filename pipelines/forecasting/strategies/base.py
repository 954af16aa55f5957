"""The interface of the strategies by which recurrent cells forecast.

A strategy works on scaled `Rows` and knows no files, frames or dates. What it has read is a
`State`: plain arrays that can be stored, saved and continued row by row.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import keras
import numpy as np

from ....zoo.heads import Head
from ...training.loop import History
from ...training.options import TrainingOptions
from ..preprocessing.rows import Rows
from ..preprocessing.state import State


class Strategy(Protocol):
    """A strategy of a `Forecaster`. Lists hold one entry per series.

    Attributes:
        name: name in `STRATEGIES`.
        network: trained network.
        head: head of the network; `None` for point forecasts alone.
        draws: number of values that a step of a sample draws, the target first.
        paths: number of sampled roll-outs behind a quantile; 1 where it needs none.
        read_ahead: number of steps ahead whose covariates a forecast of fewer leads still reads.
    """

    name: str
    network: keras.Model
    head: Head | None
    draws: int
    paths: int
    read_ahead: int

    def train(
        self,
        rows: list[Rows],
        score: Callable[[], float] | None,
        lookback: int,
        options: TrainingOptions,
    ) -> History:
        """Fits the network in place; it ends with the weights that have the best `score()`, or with
        those of the last epoch if that is `None`."""

    def state_shapes(self, series: int) -> list[tuple[int, ...]]:
        """The shapes of the arrays in the state of some series."""

    def read(self, rows: list[Rows], state: State | None) -> State:
        """Reads `rows` from a state, or from zero, and returns the state after them."""

    def forecast(self, state: State, future: np.ndarray) -> np.ndarray:
        """Forecasts from a state and the covariates known ahead, `(series, leads, ahead)`.

        Returns:
            `(series, leads)` in the units of the targets.
        """

    def forecast_origins(
        self, rows: list[Rows], origins: list[np.ndarray], horizon: int
    ) -> list[np.ndarray]:
        """Forecasts from increasing origins of each series, `(origins, horizon)`.

        One pass over the rows: each origin is forecast from the state reached there, and the
        memory does not grow with the rows."""

    def quantiles(
        self, state: State, future: np.ndarray, levels: Sequence[float], seed: int
    ) -> np.ndarray:
        """Quantiles from a state, with the arguments of `forecast`; a head is needed.

        Args:
            levels: levels of the quantiles, increasing.
            seed: seed of the samples from which a closed loop takes them.

        Returns:
            `(levels, series, leads)` in the units of the targets.
        """

    def samples(self, state: State, future: np.ndarray, ranks: np.ndarray) -> np.ndarray:
        """Samples from a state, with the arguments of `forecast`; a head is needed.

        Args:
            ranks: level of each draw, `(samples, series, leads, draws)` in (0, 1). A sample is the
                quantile of its rank: that of the lead, or, in a closed loop, of the step after the
                sampled ones before it.

        Returns:
            `(samples, series, leads)` in the units of the targets.
        """

    def quantiles_origins(
        self,
        rows: list[Rows],
        origins: list[np.ndarray],
        horizon: int,
        levels: Sequence[float],
        seed: int,
    ) -> list[np.ndarray]:
        """Quantiles from increasing origins of each series, `(levels, origins, horizon)`, in one
        pass as `forecast_origins`; a head is needed."""
