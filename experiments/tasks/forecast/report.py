"""The report of a forecasting run."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ....datasets import TimeSeriesPanel
from ....messages import stamp
from ....pipelines.forecasting import Backtest
from ...comparison.paired import of_backtest
from ...reports.run import run_page

#: Title and explanation of a run's pictures, by file name.
PICTURES = {
    "forecast.png": (
        "Forecasts and what came true",
        "Forecasts issued one after the other, each from its dot on, over the truth in black.",
    ),
    "intervals.png": (
        "Intervals",
        "The last forecasts that do not overlap. The darker band should hold the truth in one of "
        "two cases, the lighter one in nine of ten.",
    ),
    "calibration.png": (
        "Do the intervals hold what they should?",
        "On the black diagonal a share of the truth lies inside as large as it should be; below "
        "it, intervals are too narrow.",
    ),
}


def run_report(
    backtest: Backtest,
    panel: TimeSeriesPanel,
    color: str,
    folder: Path,
    settings: Mapping[str, Any],
) -> str:
    """The report of a forecasting run as one HTML page.

    Args:
        backtest: the backtest of the run's network.
        panel: the series that were forecast.
        color: color of the network in charts.
        folder: folder with the run's pictures; those that are missing are left out.
        settings: settings of the network and of the split.
    """
    schema = panel.schema
    facts = {
        "series": f"{len(panel):,}" if len(panel) > 1 else schema.name,
        "target": f"{schema.target}, {schema.unit}" if schema.unit else schema.target,
        "covariates known up to now": ", ".join(schema.past),
        "covariates known ahead": ", ".join(schema.future),
        "step, season": f"{schema.frequency}, {schema.season}",
        "tested from": f"{len(backtest.origins):,} origins, the first "
        + stamp(backtest.origins[0], backtest.zone),
    }
    return run_page(
        backtest,
        partial(of_backtest, backtest),
        error=backtest.error,
        unit=schema.unit,
        subtitle=f"{backtest.horizon} steps ahead",
        ahead="rows ahead",
        lead_text="that many rows after the last one that was known",
        note=f"skill: the share of the error of {backtest.reference} that is avoided. p: how "
        "often equally good forecasts would differ as much, by a Diebold–Mariano test.",
        color=color,
        folder=folder,
        pictures=PICTURES,
        facts=facts | dict(settings),
        repairs=panel.repairs,
        audit="" if backtest.audit is None else str(backtest.audit),
    )
