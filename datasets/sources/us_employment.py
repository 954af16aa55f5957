"""Employment in the United States by sector, from the package vega_datasets."""

from ..series import TimeSeriesPanel
from ..tabular.read import read_panel

#: The sectors that add up to all non-farm jobs; the columns of their sums are left out.
SECTORS = (
    *("mining_and_logging", "construction", "durable_goods", "nondurable_goods"),
    *("wholesale_trade", "retail_trade", "transportation_and_warehousing", "utilities"),
    *("information", "financial_activities", "professional_and_business_services"),
    *("education_and_health_services", "leisure_and_hospitality", "other_services", "government"),
)


def load() -> TimeSeriesPanel:
    """Monthly jobs in the United States, in thousands: 15 series, a sector each.

    120 months each, 2006-01-01 to 2015-12-01, none missing, adjusted for the season by their
    source: the recession of 2008 is in all of them. The season is 12 months.

    Source: the file `us-employment.csv` inside the installed package `vega_datasets` (MIT),
    from the Bureau of Labor Statistics, whose records are in the public domain. No network is
    used.
    """
    from vega_datasets import local_data

    return read_panel(
        local_data.us_employment.filepath,
        time="month",
        target=SECTORS,
        name="us-employment",
        season=12,
        unit="thousands",
    )
