"""Reports of forecasts as HTML pages: that of a run, and that of a study with what follows."""

import io
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ....datasets import TimeSeriesPanel
from ....messages import stamp
from ....pipelines.forecasting import Backtest
from ....pipelines.forecasting.backtest.charts import (
    fan_chart,
    forecast_chart,
    pit_chart,
    reliability_chart,
)
from ....pipelines.storage.names import slug
from ...comparison.format import decimal, share
from ...comparison.paired import of_backtest
from ...comparison.wording import against_baseline
from ...reports.csv_cells import for_csv
from ...reports.run import FILE as REPORT
from ...reports.run import Picture, ScoreTable, run_page, scores_page
from ..base import Files, Study
from .ahead import Ahead, ahead_chart
from .files import interval_scores
from .pictures import in_color

FORECAST = (
    "Forecasts and what came true",
    "Forecasts issued one after the other, each from its dot on, over the truth in black.",
)
FAN = (
    "Intervals",
    "The last forecasts that do not overlap. The darker band should hold the truth in one of two "
    "cases, the lighter one in nine of ten.",
)
RELIABILITY = (
    "Is the truth below each quantile as often as it should be?",
    "On the black diagonal it is. A line below it belongs to forecasts that are too low, above it "
    "to ones that are too high; a flatter one to intervals that are too narrow.",
)
PIT = (
    "Where does the truth fall in the forecast distribution?",
    "The histogram of the probability integral transform: flat is ideal. High at both ends: the "
    "intervals are too narrow; high in the middle: too wide; high on the right alone: forecasts "
    "are too low; on the left: too high.",
)
_P = " p: how often equally good forecasts would differ as much, by a Diebold–Mariano test."
#: Title and explanation of a run's pictures, by file name.
PICTURES = {
    "forecast.png": FORECAST,
    "intervals.png": FAN,
    "calibration.png": (
        "Do the intervals hold what they should?",
        "On the black diagonal a share of the truth lies inside as large as it should be; below "
        "it, intervals are too narrow.",
    ),
    "reliability.png": RELIABILITY,
    "pit.png": PIT,
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
    return run_page(
        backtest,
        partial(of_backtest, backtest),
        color=color,
        folder=folder,
        pictures=PICTURES,
        facts=_facts(backtest, panel) | dict(settings),
        tables=[_intervals(backtest.distributions, backtest, panel)],
        audit="" if backtest.audit is None else str(backtest.audit),
        **_about(backtest, panel),
    )


def study_report(found: Study, panel: TimeSeriesPanel, ahead: Ahead | None) -> str:
    """The report of a study as one HTML page: all models, and the forecast of what follows.

    Args:
        found: the study.
        panel: the series that were forecast.
        ahead: the forecast of what follows, if one was made.
    """
    best, model = found.tests[found.best], found.best if ahead is None else ahead.model
    tested = found.tests.get(model, best)
    charts = {
        FORECAST: forecast_chart(best),
        FAN: fan_chart(best),
        RELIABILITY: reliability_chart(tested, model),
        PIT: pit_chart(tested, model),
    }
    colors = {**found.colors, "origin": found.colors[found.best]}
    pictures = [_picture(*words, figure, colors) for words, figure in charts.items()]
    follows = [] if ahead is None else [_what_follows(ahead, panel, found.colors)]
    return scores_page(
        found,
        title=f"Forecast of {found.task.dataset}",
        headline=_headline(found, ahead),
        colors=found.colors,
        facts=_facts(best, panel) | dict(found.task.split_parameters),
        tables=[_intervals(interval_scores(found), best, panel)],
        first=follows,
        pictures=pictures,
        **_about(best, panel),
    )


def final_files(found: Study, panel: TimeSeriesPanel, ahead: Ahead | None) -> Files:
    """The report of a study, the forecast of what follows and its chart, by name of their files."""
    page = cache(partial(study_report, found, panel, ahead))
    files: Files = {REPORT: lambda path: path.write_text(page(), encoding="utf-8")}
    if ahead is not None:
        files["forecast.csv"] = partial(for_csv(ahead.table).to_csv, index=False)
        chart = ahead_chart(ahead.table, panel)
        files[f"{slug(found.task.dataset)}-ahead.png"] = chart.savefig
    return files


def _about(backtest: Backtest, panel: TimeSeriesPanel) -> dict[str, Any]:
    """What every page of forecasts says alike."""
    return {
        "error": backtest.error,
        "unit": panel.schema.unit,
        "subtitle": f"{backtest.horizon} steps ahead",
        "ahead": "rows ahead",
        "lead_text": "that many rows after the last one that was known",
        "note": f"skill: the share of the error of {backtest.reference} that is avoided."
        + (_P if backtest.leaderboard["p"].notna().any() else ""),
        "repairs": panel.repairs,
    }


def _facts(backtest: Backtest, panel: TimeSeriesPanel) -> dict[str, Any]:
    schema = panel.schema
    return {
        "series": f"{len(panel):,}" if len(panel) > 1 else schema.name,
        "target": f"{schema.target}, {schema.unit}" if schema.unit else schema.target,
        "covariates known up to now": ", ".join(schema.past),
        "covariates known ahead": ", ".join(schema.future),
        "step, season": f"{schema.frequency}, {schema.season}",
        "tested from": f"{len(backtest.origins):,} origins, the first "
        + stamp(backtest.origins[0], backtest.zone),
    }


def _headline(found: Study, ahead: Ahead | None) -> list[str]:
    """Whose forecast it is and why, and how good the best network is."""
    network = found.comparison.networks[0]
    score = f"{network.label}: {found.error.upper()} {decimal(network.mean)}"
    against = against_baseline(found.comparison, network)
    return [*([] if ahead is None else [ahead.why]), f"{score}, {against}" if against else score]


def _intervals(scores: pd.DataFrame, backtest: Backtest, panel: TimeSeriesPanel) -> ScoreTable:
    """Scores of the intervals as a table of a page."""
    several = backtest.error == "mase"
    unit = f", {panel.schema.unit}" if panel.schema.unit else ""
    columns = {
        "model": scores["model"],
        f"CRPS{', scaled as MASE' if several else unit}": scores["crps"],
        "inside 80 %": scores["coverage"].map(share),
        "in the worst tenth": scores["worst"].map(share),
        f"width{unit}": scores["width"],
        f"Winkler score{unit}": scores["winkler"],
        "values": scores["count"].map("{:,}".format),
    }
    text = (
        "Intervals of every model from the errors that it had made up to each origin. CRPS: the "
        "error of the whole distribution; of a single number it is the absolute error. Of the "
        "80 % intervals: the share of the truth inside, the same in the worst tenth of the test "
        "in time, the mean width, and the Winkler score: the width, and ten times the distance of "
        "the truth where it is outside. Smaller is better, but for the shares, which should be "
        "80 %."
    )
    return ScoreTable("Scores of the intervals", text, pd.DataFrame(columns))


def _what_follows(ahead: Ahead, panel: TimeSeriesPanel, colors: Mapping[str, str]) -> Picture:
    sentences = [f"The end of the history, the forecast by {ahead.model}, and its intervals."]
    if len(panel) > 1:
        sentences.append(f"Of {len(panel):,} series the last one is shown.")
    chart = ahead_chart(ahead.table, panel)
    return _picture("What follows", " ".join([*sentences, *ahead.notes]), chart, colors)


def _picture(title: str, text: str, figure: Figure, colors: Mapping[str, str]) -> Picture:
    """A chart, its lines in their colors by label."""
    for label, color in colors.items():
        in_color(figure, {label}, color)
    figure.savefig(content := io.BytesIO(), format="png")
    return Picture(title, text, content.getvalue())
