"""Methods of estimators whose fitted value reads rows as they come."""

from collections.abc import Sequence
from typing import Any, Protocol, Self, TypeVar

import pandas as pd

from ...estimator import Estimator
from ..intervals import Uncertainty


class ReadsRows(Protocol):
    """A fitted value that follows series."""

    def after_warm_up(self, data: Any) -> Self:
        """This value after reading another history from its start."""

    def after_update(self, data: Any) -> Self:
        """This value after reading the rows that follow those read so far."""

    def forecast(
        self, data: Any, future: Any, horizon: int | None, wanted: Uncertainty
    ) -> pd.DataFrame:
        """The forecast of the rows that follow."""


Value = TypeVar("Value", bound=ReadsRows)


class Reads(Estimator[Value]):
    """Methods that forecast from `fitted_`; two of them put another value there."""

    def warm_up(self, data: Any) -> Self:
        """Reads another history from its start; `predict()` then forecasts from its end.

        Raises:
            DataError: fewer rows than a forecast needs, or a table that does not match the fitted
                one.
        """
        self.fitted_ = self._require_fit().after_warm_up(data)
        return self

    def update(self, data: Any) -> Self:
        """Reads new rows, which follow those read so far.

        The cost does not depend on the length of the history. Series without new rows are
        unchanged.

        Raises:
            DataError: the first row does not follow the last one read.
        """
        self.fitted_ = self._require_fit().after_update(data)
        return self

    def predict(
        self,
        data: Any = None,
        *,
        future: Any = None,
        horizon: int | None = None,
        quantiles: Sequence[float] | None = None,
        level: Sequence[float] | None = None,
        samples: int | None = None,
    ) -> pd.DataFrame:
        """Forecasts the rows that follow.

        Args:
            data: history to forecast from; by default the rows read so far by `fit`,
                `warm_up` and `update`.
            future: frame or file with the known-future covariates of the forecast rows.
            horizon: number of leads; by default the fitted number. Only a closed loop can
                forecast more.
            quantiles: levels of quantiles, such as `[0.1, 0.9]`.
            level: shares of central intervals in percent, such as `[80, 95]`.
            samples: number of samples. Their leads, and different series, depend on one
                another as past errors did: quantiles of their sums are those of sums.

        Returns:
            A frame with the columns `unique_id, ds, cutoff, step, yhat`, one series after the
            other; times are in the zone of the table, if it has one. Intervals are in columns
            such as `yhat-lo-80` and `yhat-hi-80`, quantiles in such as `yhat-ql0.1`. Samples are
            rows: the forecast once for each, with its number in a column `sample`.

        Raises:
            ArgumentError, ArgumentTypeError: quantiles, levels or samples that cannot be used.
            DataError: too little history; covariates that are missing, or do not cover the
                horizon.
            FitError: a forecast is not finite.
        """
        wanted = Uncertainty.checked(quantiles, level, samples)
        return self._require_fit().forecast(data, future, horizon, wanted)
