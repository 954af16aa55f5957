"""Tables that the tests of this folder spoil one way each."""

import re

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def hourly() -> pd.DataFrame:
    """Forty hours: `ds`, the target `y`, the covariates `wind` and `price`."""
    ds = pd.date_range("2016-07-01", periods=40, freq="h")
    y = np.arange(40.0)
    return pd.DataFrame({"ds": ds, "y": y, "wind": y / 2, "price": 100 - y})


#: How an argument is said on the command line, as messages show it.
REMEDY = re.compile(r'(\w+)=(?:"([^"]*)"|(\d+)) \(--([\w-]+) (\S+?)\)')


@pytest.fixture
def write(tmp_path):
    """Writes a file and returns its path; text becomes UTF-8."""

    def write(content: str | bytes, name: str = "data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def days(cells, sep: str = ",", head: str = "ds,y") -> str:
    rows = [f"2024-01-{day:02d}{sep}{cell}" for day, cell in enumerate(cells, 1)]
    return "\n".join([head.replace(",", sep), *rows, ""])


def remedies(error: pytest.ExceptionInfo) -> list[dict]:
    """The arguments that a message offers, one after the other; both ways to say it agree."""
    found = []
    for name, text, number, option, value in REMEDY.findall(str(error.value)):
        assert option == name.replace("_", "-")
        assert value.strip("'").replace("tab", "\\t") == (text or number)
        found.append({name: int(number) if number else text})
    return found
