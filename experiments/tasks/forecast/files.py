"""Charts and tables of forecasts: those of a run, and those of a study."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from ....datasets import TimeSeriesPanel
from ....pipelines.forecasting import Backtest
from ....pipelines.forecasting.backtest.charts import (
    calibration_chart,
    fan_chart,
    forecast_chart,
    lead_chart,
    pit_chart,
    reliability_chart,
)
from ....pipelines.storage.names import slug
from ...comparison.paired import FILE, of_backtest
from ...journal.journal import Journal
from ...reports.csv_cells import for_csv
from ...reports.style import markdown
from ..base import Files, Study
from .pictures import GRAY, in_color, tell_origins

ROWS = 1_000_000  # of forecasts that a run keeps, at most


def of_study(found: Study) -> Files:
    """Charts and tables of a study, by name."""
    name = slug(found.task.dataset)
    best = found.tests[found.best]
    return {
        f"{name}-forecast.png": forecast_chart(best).savefig,
        f"{name}-intervals.png": fan_chart(best).savefig,
        f"{name}-calibration.png": calibration_chart(best).savefig,
        f"{name}-reliability.png": reliability_chart(best).savefig,
        f"{name}-pit.png": pit_chart(best).savefig,
        f"{name}-error-by-lead.png": lead_chart([*found.tests.values()]).savefig,
        f"{name}-leaderboard.csv": partial(for_csv(found.leaderboard).to_csv, index=False),
        f"{name}-interval-scores.csv": partial(for_csv(interval_scores(found)).to_csv, index=False),
        f"{name}-error-by-lead.csv": partial(for_csv(found.by_lead).to_csv, index=False),
        f"{name}-random-walk.csv": partial(for_csv(random_walk(found)).to_csv, index=False),
    }


def random_walk(found: Study) -> pd.DataFrame:
    """Every model compared with the random walk, the best first; baselines once."""
    tables = [backtest.against_random_walk() for backtest in found.tests.values()]
    table = pd.concat(tables, ignore_index=True).drop_duplicates(["model", "step"])
    order = found.leaderboard["model"].tolist()
    return table.sort_values("model", key=lambda m: m.map(order.index), kind="stable")


def interval_scores(found: Study) -> pd.DataFrame:
    """Scores of the intervals of every model, the smallest CRPS first; baselines once.

    Returns:
        Columns as of `Backtest.distributions`.
    """
    tests = {name: found.tests.get(name, found.first) for name in found.leaderboard["model"]}
    rows = [{"model": name} | test.interval_scores(name) for name, test in tests.items()]
    table = pd.DataFrame(rows).astype({"count": int})
    return table.sort_values("crps", ignore_index=True)


def write_run(backtest: Backtest, panel: TimeSeriesPanel, color: str, journal: Journal) -> None:
    """Writes charts and tables of a network into the journal of its run."""
    charts = {
        "forecast": forecast_chart(backtest),
        "error-by-lead": lead_chart([backtest]),
        "intervals": fan_chart(backtest),
        "calibration": calibration_chart(backtest),
        "reliability": reliability_chart(backtest),
        "pit": pit_chart(backtest),
    }
    for name, figure in charts.items():
        journal.picture(name, in_color(figure, {backtest.model, "origin"}, color))
    tell_origins(backtest, panel, backtest.model, color, journal)
    _kept(backtest, backtest.model, journal)
    journal.text("interval-scores.csv", for_csv(backtest.distributions).to_csv(index=False))
    journal.text("random-walk.csv", for_csv(backtest.against_random_walk()).to_csv(index=False))
    if backtest.audit is not None:
        journal.text("audit.txt", f"{backtest.audit}\n")
    _leaderboard(backtest, journal)


def write_baseline(
    backtest: Backtest, panel: TimeSeriesPanel, name: str, best: bool, journal: Journal
) -> None:
    """Writes those of a baseline; pictures of the best one only."""
    if best:
        tell_origins(backtest, panel, name, GRAY, journal)
    _kept(backtest, name, journal)
    _leaderboard(backtest, journal)


def _kept(backtest: Backtest, model: str, journal: Journal) -> None:
    """What later comparisons need: by which error models are ranked, and that at each origin."""
    journal.parameters({"ranked_by": backtest.error})
    journal.text(FILE, of_backtest(backtest, model).text())
    forecasts = _forecasts(backtest, model)
    journal.file("forecasts.parquet", partial(forecasts.to_parquet, index=False))
    if backtest.error == "mase":  # errors of several series have no other unit in common
        leads = backtest.by_lead[backtest.by_lead["model"] == model]
        journal.series("horizon/mase", leads["mase"].to_numpy())


def _forecasts(backtest: Backtest, model: str) -> pd.DataFrame:
    """Forecasts of one model and the truth: from each origin, or from as many, evenly spread, as
    `ROWS` hold."""
    origins = len(backtest.origins)
    count = max(1, min(origins, ROWS // backtest.horizon))
    some = np.arange(count) * origins // count
    per_origin = ("ids", "rows", "origins", "times", "truth", "level", "scale")
    shown = {name: getattr(backtest, name)[some] for name in per_origin}
    forecasts = {"yhat": backtest.forecasts[model][some]}
    return replace(backtest, model="yhat", forecasts=forecasts, **shown).frame()


def _leaderboard(backtest: Backtest, journal: Journal) -> None:
    journal.text("leaderboard.csv", for_csv(backtest.leaderboard).to_csv(index=False))
    journal.note(
        f"{backtest.name}: {backtest.horizon} steps ahead from {len(backtest.origins):,} origins. "
        f"Errors in {backtest.unit or 'the unit of the target'}; skill is the share of the error "
        f"of {backtest.reference} that is avoided.\n\n{markdown(backtest.leaderboard)}"
    )
