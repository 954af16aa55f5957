"""Tables that the tests of this folder spoil one way each."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def hourly() -> pd.DataFrame:
    """Forty hours: `ds`, the target `y`, the covariates `wind` and `price`."""
    ds = pd.date_range("2016-07-01", periods=40, freq="h")
    y = np.arange(40.0)
    return pd.DataFrame({"ds": ds, "y": y, "wind": y / 2, "price": 100 - y})


@pytest.fixture
def data_folder() -> Path:
    """The folder of real data; tests that need it are skipped without it."""
    folder = Path(__file__).parents[2] / os.environ.get("RNNZOO_DATA", "../shared/data")
    if not folder.is_dir():
        pytest.skip(f"no folder of real data at {folder}; RNNZOO_DATA names another")
    return folder
