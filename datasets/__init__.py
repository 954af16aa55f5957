"""Data: ready-made series and clips, and the intake of users' own tables and frames."""

from collections.abc import Callable
from inspect import signature
from pathlib import Path

from ..errors import ArgumentError, one_of
from .clip_checks import checked_frames
from .clips import Clips, Sampler, read_clips
from .dialect import Dialect
from .series import Schema, TimeSeries, TimeSeriesPanel
from .sources import google_stock, moving_digits, moving_mnist, seattle_weather, us_employment
from .steps import steps_of
from .tabular.future import FutureCovariates, future_rows
from .tabular.match import read_like, read_panel_like, require_rows
from .tabular.na import remedy as na_remedy
from .tabular.open_file import table_columns
from .tabular.read import read_panel, read_series

__all__ = [
    "CLIP_DATASETS",
    "DATASETS",
    "Clips",
    "Dialect",
    "FutureCovariates",
    "Sampler",
    "Schema",
    "TimeSeries",
    "TimeSeriesPanel",
    "checked_frames",
    "describe",
    "future_rows",
    "load_clips",
    "load_dataset",
    "na_remedy",
    "read_clips",
    "read_like",
    "read_panel",
    "read_panel_like",
    "read_series",
    "require_rows",
    "steps_of",
    "table_columns",
]

DATASETS: dict[str, Callable[[], TimeSeries | TimeSeriesPanel]] = {
    "seattle-weather": seattle_weather.load,
    "google-stock": google_stock.load,
    "us-employment": us_employment.load,
}

#: Loaders of clips; those that read the user's files take the folder that holds them.
CLIP_DATASETS: dict[str, Callable[..., Clips]] = {
    "moving-digits": moving_digits.load,
    "moving-mnist": moving_mnist.load,
}


def load_dataset(name: str) -> TimeSeries | TimeSeriesPanel:
    """Loads a data set by its name in `DATASETS`.

    Raises:
        ArgumentError: no such name; the message lists the available ones.
    """
    return DATASETS[one_of("name", name, DATASETS)]()


def load_clips(name: str, folder: str | Path | None = None) -> Clips:
    """Loads clips by their name in `CLIP_DATASETS`.

    Args:
        name: e.g. `"moving-digits"`.
        folder: folder of the files from which the clips are made, for data sets made from files.

    Raises:
        ArgumentError: no such name, or a folder that is missing or not needed.
        DataError: the files in the folder cannot be used.
    """
    loader = CLIP_DATASETS[one_of("name", name, CLIP_DATASETS)]
    if "folder" not in signature(loader).parameters:
        if folder is not None:
            raise ArgumentError(f"{name} is made from no files. Received: folder={str(folder)!r}")
        return loader()
    if folder is None:
        raise ArgumentError(
            f"{name} is made from files: name the `folder` (--folder) that holds them."
        )
    return loader(folder)


def describe(name: str) -> str:
    """One line on a data set: the first of its loader's docstring.

    Raises:
        ArgumentError: no such name.
    """
    loaders: dict[str, Callable] = DATASETS | CLIP_DATASETS
    text = loaders[one_of("name", name, loaders)].__doc__ or ""
    return text.strip().partition("\n")[0]
