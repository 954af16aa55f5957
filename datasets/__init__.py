"""Data: ready-made series, and the intake of users' own tables."""

from collections.abc import Callable

from ..errors import one_of
from . import google_stock, seattle_weather
from .again import future_rows, read_like, require_rows
from .base import Schema, Series
from .intake import read
from .steps import HOLIDAY

__all__ = [
    "DATASETS",
    "HOLIDAY",
    "Schema",
    "Series",
    "describe",
    "future_rows",
    "load",
    "read",
    "read_like",
    "require_rows",
]

DATASETS: dict[str, Callable[[], Series]] = {
    "seattle-weather": seattle_weather.load,
    "google-stock": google_stock.load,
}


def load(name: str) -> Series:
    """A data set by its name in `DATASETS`.

    Raises:
        ArgumentError: no such name; the message lists those there are.
    """
    return DATASETS[one_of("name", name, DATASETS)]()


def describe(name: str) -> str:
    """One line on a data set: the first of its loader's docstring.

    Raises:
        ArgumentError: no such name.
    """
    text = DATASETS[one_of("name", name, DATASETS)].__doc__ or ""
    return text.strip().partition("\n")[0]
