"""Tables that the tests of this folder spoil one way each."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def hourly() -> pd.DataFrame:
    """Forty hours: `ds`, the target `y`, the covariates `wind` and `price`."""
    ds = pd.date_range("2016-07-01", periods=40, freq="h")
    y = np.arange(40.0)
    return pd.DataFrame({"ds": ds, "y": y, "wind": y / 2, "price": 100 - y})
