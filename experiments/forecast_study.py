"""Forecasting studies: several networks on one split of one series, each a run."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from ..datasets import Series
from ..pipelines.forecasting import Backtest, Forecaster
from ..pipelines.forecasting.backtest import combine, record
from ..pipelines.forecasting.charts import forecast_chart, lead_chart
from .files import slug, write_all
from .journal import Journal
from .run import Listeners, Runs, errors_by_lead, nobody


@dataclass(frozen=True)
class Study:
    """What a study found.

    Attributes:
        series: what was forecast.
        forecasters: the fitted networks, by cell.
        backtests: their backtests, by cell.
    """

    series: Series
    forecasters: dict[str, Forecaster]
    backtests: dict[str, Backtest]

    @property
    def leaderboard(self) -> pd.DataFrame:
        """All networks and baselines, best mean absolute error first."""
        return combine(list(self.backtests.values()))

    @property
    def by_lead(self) -> pd.DataFrame:
        """Errors of all networks and baselines at each lead, in the leaderboard's order."""
        return errors_by_lead([b.by_lead for b in self.backtests.values()], self.leaderboard)

    @property
    def best(self) -> str:
        """The cell with the smallest error."""
        return next(m for m in self.leaderboard["model"] if m in self.backtests)

    def write(self, folder: Path) -> list[Path]:
        """Charts and tables into a folder; returns the files."""
        name = slug(self.series.schema.name)
        charts = forecast_chart(self.backtests[self.best]), lead_chart([*self.backtests.values()])
        return write_all(
            folder,
            {
                f"{name}-forecast.png": charts[0].savefig,
                f"{name}-error-by-lead.png": charts[1].savefig,
                f"{name}-leaderboard.csv": partial(self.leaderboard.to_csv, index=False),
                f"{name}-error-by-lead.csv": partial(self.by_lead.to_csv, index=False),
            },
        )


def study(
    series: Series,
    forecasters: dict[str, Forecaster],
    test_rows: int,
    listeners: Listeners = nobody,
) -> Study:
    """Fits each network on all but the last `test_rows` rows, backtests it on those.

    Args:
        series: what to forecast.
        forecasters: by cell.
        test_rows: rows at the end that no fit sees.
        listeners: of each run.

    Raises:
        DataError: the series is too short for the split.
    """
    for forecaster in forecasters.values():
        forecaster.plan(series, reserved=test_rows)
    training = series[:-test_rows]
    runs = Runs("forecast", series.schema.name, listeners)
    split = {"split.test_rows": test_rows, "split.test_start": str(series.times[-test_rows])}
    backtests: dict[str, Backtest] = {}
    for cell, forecaster in forecasters.items():
        with runs.network(cell, forecaster.seed) as journal:
            journal.parameters(split)
            forecaster.fit(training, recorder=journal)
            backtest = backtests[cell] = forecaster.backtest(series, recorder=journal)
            journal.metrics({"time/fit_s": backtest.seconds})
            _pictures(backtest, journal)
            journal.artifact(forecaster.save(journal.folder / "model"))
    _baseline_runs(runs, next(iter(backtests.values())), split | {"target": series.schema.target})
    return Study(series, forecasters, backtests)


def _pictures(backtest: Backtest, journal: Journal) -> None:
    journal.picture("forecast", forecast_chart(backtest))
    journal.picture("error-by-lead", lead_chart([backtest]))
    _leaderboard(backtest, journal)


def _leaderboard(backtest: Backtest, journal: Journal) -> None:
    journal.text("leaderboard.csv", backtest.leaderboard.to_csv(index=False))


def _baseline_runs(runs: Runs, backtest: Backtest, split: dict[str, Any]) -> None:
    """Each baseline is a run of its own, so that charts show it beside the networks."""
    for place, name in enumerate(backtest.baselines):
        with runs.baseline(name, place) as journal:
            task = {"cell": name, "dataset": runs.dataset, "horizon": backtest.horizon}
            journal.parameters(task | split)
            record(backtest, journal, model=name)
            _leaderboard(backtest, journal)
