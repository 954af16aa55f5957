"""What a backtest needs to know of the model that it tests."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from ....datasets import TimeSeriesPanel
from ...evaluation.conformal import ErrorMemory
from ..fitted import FittedForecaster


class Tested(Protocol):
    """What can be tested: a fitted network, or several models that forecast together."""

    @property
    def cell_name(self) -> str:
        """The name in tables."""

    @property
    def horizon(self) -> int: ...

    @property
    def needed(self) -> int:
        """The number of rows of history that a forecast needs."""

    @property
    def parameters(self) -> int:
        """The number of trained weights."""

    @property
    def seconds(self) -> float:
        """Fit time in seconds."""

    @property
    def held_out(self) -> ErrorMemory:
        """Errors in the rows held out of the fit, after its last rows."""

    @property
    def networks(self) -> Mapping[str, FittedForecaster]:
        """The networks, whose inputs are audited."""

    def panel(self, data: Any, weights: bool = False) -> TimeSeriesPanel:
        """Reads a table with the schema of the fitted one."""

    def until(self, ids: Sequence[str]) -> list[pd.Timestamp]:
        """The time of the last fitted row of each of some series."""

    def places(self, ids: Sequence[str]) -> np.ndarray:
        """The numbers of series among the fitted ones."""

    def training_rows(self, rows: int) -> int:
        """The number of training rows among the last fitted `rows` of a series."""

    def forecast_origins(
        self, panel: TimeSeriesPanel, origins: list[np.ndarray]
    ) -> list[np.ndarray]:
        """Forecasts each series from its rows `origins`: `(origins, horizon)`, in its unit."""

    def distributions_origins(
        self, panel: TimeSeriesPanel, origins: list[np.ndarray]
    ) -> list[np.ndarray] | None:
        """Their quantiles, `(origins, horizon, levels)`, where intervals come from a head."""
