"""Seattle's weather, from the package vega_datasets."""

from ..series import TimeSeries
from ..tabular.read import read_series


def load() -> TimeSeries:
    """Daily maximum temperature in Seattle, °C, with precipitation and wind.

    1,461 days, 2012-01-01 to 2015-12-31, none missing. Target `temp_max` in °C; past
    covariates `precipitation` and `wind`, whose units the package does not state. The
    season is 365 days: the cycle is yearly, and there is hardly a weekly one.

    Source: the file `seattle-weather.csv` inside the installed package `vega_datasets`
    (MIT), from NOAA's daily records, which are in the public domain. No network is used.
    """
    from vega_datasets import local_data

    return read_series(
        local_data.seattle_weather.filepath,
        time="date",
        target="temp_max",
        past=("precipitation", "wind"),
        name="seattle-weather",
        season=365,
        unit="°C",
    )
