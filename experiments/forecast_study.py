"""Forecasting studies: several networks on one split of one series, each a run."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from ..datasets import Series
from ..pipelines.forecasting import Backtest, Forecaster
from ..pipelines.forecasting.backtest import record
from ..pipelines.forecasting.charts import forecast_chart, lead_chart
from .files import slug, write_all
from .journal import Journal
from .run import Listeners, Ranked, Runs, nobody


@dataclass(frozen=True)
class Study(Ranked):
    """What a study found.

    Attributes:
        series: what was forecast.
        forecasters: the fitted networks, by cell.
        backtests: their backtests, by cell.
    """

    series: Series
    forecasters: dict[str, Forecaster]
    backtests: dict[str, Backtest]

    error: ClassVar[str] = "mae"

    @property
    def results(self) -> dict[str, Backtest]:
        return self.backtests

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
    first = next(iter(backtests.values()))

    def tell(name: str, journal: Journal) -> None:
        record(first, journal, model=name)
        _leaderboard(first, journal)

    task = {"horizon": first.horizon, "target": series.schema.target}
    runs.baselines(first.baselines, task | split, tell)
    return Study(series, forecasters, backtests)


def _pictures(backtest: Backtest, journal: Journal) -> None:
    journal.picture("forecast", forecast_chart(backtest))
    journal.picture("error-by-lead", lead_chart([backtest]))
    _leaderboard(backtest, journal)


def _leaderboard(backtest: Backtest, journal: Journal) -> None:
    journal.text("leaderboard.csv", backtest.leaderboard.to_csv(index=False))
