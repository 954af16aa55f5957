"""What can be done with a fitted forecaster."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pandas as pd

from ...datasets import Schema, TimeSeriesPanel
from ...zoo.factory import CellLike, cell_factory
from ..recorder import Recorder
from ..storage.files import named_folder
from ..storage.model import PackedModel
from ..training.loop import History
from .backtest.result import Backtest
from .backtest.run import run_backtest
from .backtest.warm_up import error_by_history
from .fitted import FittedForecaster
from .fitting import train_as_before
from .history.reads import Reads
from .preprocessing.transform import Transform
from .recipe import Recipe
from .saving import packed, save, unpacked
from .strategies.base import Strategy


class Usage(Reads[FittedForecaster]):
    """Methods of a `Forecaster` that read `fitted_`."""

    cell: CellLike

    def refitted(self, panel: TimeSeriesPanel) -> Self:
        """Returns a new forecaster, fitted to other rows as this one was."""
        raise NotImplementedError

    def retrained(self, data: Any) -> Self:
        """Returns a forecaster whose network is trained anew on all rows of `data`.

        The recipe, the number of steps and the learning rates are those of this one; no row
        validates. So a forecaster that was tested on the last rows of a table learns from them
        too. Its intervals are those of this one, whose errors in rows that it has not read
        yet are learned first.

        Raises:
            DataError: a table that does not match the fitted one.
        """
        fitted = self._require_fit()
        panel = fitted.panel(data, weights=True)
        errors = fitted.errors_until(panel).select(fitted.places(panel.ids))
        new = train_as_before(fitted, panel).fitted(errors)
        return type(self).of(replace(new, history=fitted.history))

    @classmethod
    def of(cls, fitted: FittedForecaster) -> Self:
        """Makes a forecaster from a fitted value."""
        raise NotImplementedError

    def backtest(
        self,
        data: Any,
        *,
        start: Any = None,
        stride: int = 1,
        refit: int | None = None,
        baselines: Sequence[str] | None = None,
        audit: bool = False,
        recorder: Recorder | None = None,
    ) -> Backtest:
        """Forecasts from every origin after the fitted rows, in one pass.

        Interpolated values are not scored; those that are not yet known when the test begins
        are read as the last known value.

        Args:
            data: each series as a whole, including its history.
            start: first time to score; by default the first after the fitted rows of each
                series.
            stride: number of rows from one origin to the next.
            refit: number of origin times after which a new network is fitted with the same
                settings to all rows known by then; by default never. This forecaster does not
                change.
            baselines: names of baselines to compare with; by default all.
            audit: verify, by overwriting and permuting later rows, that no earlier forecast or
                score changes; `audit` of the result lists what was tried. Takes as long as
                several backtests.
            recorder: logs the errors.

        Raises:
            ArgumentError: `start` is within the fitted rows, or no such baseline.
            ArgumentTypeError: `baselines` is no list, or a number is none.
            DataError: no rows to score, too little history, or a table that does not match the
                fitted one.
            LeakError: the audit found a leak.
        """
        return run_backtest(
            self._require_fit(),
            lambda rows: self.refitted(rows).fitted_,
            data,
            start=start,
            stride=stride,
            refit=refit,
            baselines=baselines,
            audit=audit,
            recorder=recorder,
        )

    def error_by_history(self, data: Any, lookbacks: Sequence[int] = (1, 10, 100)) -> pd.DataFrame:
        """How the error depends on the length of the history that is read before a forecast.

        Measured from origins after the fitted rows, with a state that starts at zero some
        look-backs before the origin.

        Args:
            data: each series as a whole, including its history.
            lookbacks: numbers of look-backs to read. Those for which no series is long enough
                are left out.

        Returns:
            Columns `lookbacks, rows, mae, origins`; `mae` as in the history of training.

        Raises:
            ArgumentError: a segment network, which carries no state.
            DataError: too few rows.
        """
        fitted = self._require_fit()
        return error_by_history(fitted, fitted.panel(data), lookbacks)

    def save(self, folder: str | Path) -> Path:
        """Writes the fitted forecaster with its state to a folder, as JSON and arrays.

        The folder is written whole or not at all; an older model there is replaced.

        Raises:
            ArgumentError: the folder exists and holds something else.
        """
        return save(self._require_fit(), named_folder(folder))

    def _packed(self) -> PackedModel:
        return packed(self.fitted_)

    def _unpacked(self, packed: PackedModel) -> FittedForecaster:
        return unpacked(packed)

    @property
    def fitted_networks(self) -> list[FittedForecaster]:
        """The fitted network, as a list of one."""
        return [self._require_fit()]

    @property
    def cell_name(self) -> str:
        """The name of the cell in tables and charts; of the fitted one, if there is one."""
        return self.fitted_.cell_name if self.is_fitted else cell_factory(self.cell).name

    @property
    def lookback_(self) -> int:
        """The number of rows over which errors were propagated back."""
        return self._require_fit().lookback

    @property
    def parameters_(self) -> int:
        """The number of trained weights."""
        return self._require_fit().parameters

    @property
    def schema_(self) -> Schema:
        """What the columns of the fitted table mean."""
        return self._require_fit().schema

    @property
    def recipe_(self) -> Recipe:
        """All settings that follow from the data, as used."""
        return self._require_fit().recipe

    @property
    def transform_(self) -> Transform:
        """Converts series to the rows that the network reads, and forecasts back."""
        return self._require_fit().transform

    @property
    def strategy_(self) -> Strategy:
        """The network, and how it forecasts."""
        return self._require_fit().strategy

    @property
    def refit_failure_(self) -> str:
        """Why the second training, on all rows, failed; empty if it did not."""
        return self._require_fit().refit_failure

    @property
    def history_(self) -> History:
        """Losses and validation errors of the training."""
        return self._require_fit().history
