"""The ways in which recurrent cells become forecasters, behind one small interface.

A strategy works on scaled `Rows` and knows no files, frames or dates. What it
has read is a `State`: plain arrays that can be kept, saved and moved on row by row.
"""

from collections.abc import Callable
from typing import Protocol

import keras
import numpy as np

from ...training.loop import History
from ...training.options import TrainingOptions
from ..preprocessing.rows import Rows
from ..preprocessing.state import State


class Strategy(Protocol):
    """What `Forecaster` asks of a strategy. Lists hold one entry a series.

    Attributes:
        name: in `STRATEGIES`.
        network: what is trained.
        read_ahead: rows ahead that a forecast reads even where fewer leads are asked for.
    """

    name: str
    network: keras.Model
    read_ahead: int

    def train(
        self,
        rows: list[Rows],
        score: Callable[[], float],
        lookback: int,
        options: TrainingOptions,
    ) -> History:
        """Fits the network in place; the weights with the best `score()` are kept."""

    def read(self, rows: list[Rows], state: State | None) -> State:
        """Reads on through `rows` from a state; from zero without one."""

    def forecast(self, state: State, ahead: np.ndarray) -> np.ndarray:
        """`(series, leads)` in the units of the targets, from `ahead (series, leads, ahead)`."""

    def forecast_origins(
        self, rows: list[Rows], origins: list[np.ndarray], horizon: int
    ) -> list[np.ndarray]:
        """`(origins, horizon)` of each series: one pass over the rows, every origin forecast
        from its state on the way. Rising origins; memory does not grow with the rows."""
