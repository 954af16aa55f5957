"""Forecasting: from a table to forecasts, with their errors in a backtest."""

from ..._quiet import import_keras

import_keras()

from .auto.forecaster import AutoForecaster  # noqa: E402
from .backtest.result import Backtest  # noqa: E402
from .ensemble.estimator import Ensemble  # noqa: E402
from .fitted import FittedForecaster  # noqa: E402
from .forecaster import Forecaster  # noqa: E402

__all__ = ["AutoForecaster", "Backtest", "Ensemble", "FittedForecaster", "Forecaster"]
