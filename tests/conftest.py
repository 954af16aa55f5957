import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout, which is the package."""
    return ROOT


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Real data that is not part of the project: RNNZOO_DATA, or beside the checkout."""
    named = os.environ.get("RNNZOO_DATA")
    folder = ROOT / (named or "../shared/data")
    if not folder.is_dir():
        if named:
            pytest.fail(f"RNNZOO_DATA names {named}, which is no folder")
        pytest.skip(f"there is no data folder {folder}: set RNNZOO_DATA")
    return folder


@pytest.fixture(scope="session")
def waves() -> pd.DataFrame:
    """Daily waves in noise, with a covariate known afterwards and one known ahead."""
    rng = np.random.default_rng(7)
    t = np.arange(400)
    holiday = (t % 7 == 0).astype(float)
    wind = rng.normal(size=400)
    y = 20 + 5 * np.sin(t / 8) + 3 * holiday + np.roll(wind, 1) + 0.3 * rng.normal(size=400)
    return pd.DataFrame(
        {"day": pd.date_range("2020-01-01", periods=400), "sales": y, "wind": wind}
        | {"holiday": holiday}
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What long tests counted, which is what they are run for."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")
