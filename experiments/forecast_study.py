"""Forecasting studies: several networks on one split of one series, each a run."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..datasets import Panel
from ..pipelines.forecasting import Backtest, Forecaster
from ..pipelines.forecasting.backtest import record
from ..pipelines.forecasting.charts import (
    calibration_chart,
    fan_chart,
    forecast_chart,
    lead_chart,
)
from .files import slug, write_all
from .journal import Journal
from .run import Listeners, Ranked, Runs, nobody


@dataclass(frozen=True)
class Study(Ranked):
    """What a study found.

    Attributes:
        panel: the series that were forecast.
        forecasters: the fitted networks, by cell.
        backtests: their backtests, by cell.
    """

    panel: Panel
    forecasters: dict[str, Forecaster]
    backtests: dict[str, Backtest]

    @property
    def first(self) -> Backtest:
        """One backtest of all, which share the baselines and the test."""
        return next(iter(self.backtests.values()))

    @property
    def error(self) -> str:
        return self.first.error

    @property
    def results(self) -> dict[str, Backtest]:
        return self.backtests

    def write(self, folder: Path) -> list[Path]:
        """Charts and tables into a folder; returns the files."""
        name = slug(self.panel.schema.name)
        best = self.backtests[self.best]
        return write_all(
            folder,
            {
                f"{name}-forecast.png": forecast_chart(best).savefig,
                f"{name}-intervals.png": fan_chart(best).savefig,
                f"{name}-calibration.png": calibration_chart(best).savefig,
                f"{name}-error-by-lead.png": lead_chart([*self.backtests.values()]).savefig,
                f"{name}-leaderboard.csv": partial(self.leaderboard.to_csv, index=False),
                f"{name}-error-by-lead.csv": partial(self.by_lead.to_csv, index=False),
            },
        )


def study(
    panel: Panel,
    forecasters: dict[str, Forecaster],
    test_rows: int,
    listeners: Listeners = nobody,
    audit: bool = False,
) -> Study:
    """Fits each network on all but the last `test_rows` rows of each series, backtests it on
    those.

    Args:
        panel: what to forecast.
        forecasters: by cell.
        test_rows: rows at the end that no fit sees.
        listeners: of each run.
        audit: prove for each that no forecast or score knows what came later.

    Raises:
        DataError: a series is too short for the split.
    """
    for forecaster in forecasters.values():
        forecaster.plan(panel, reserved=test_rows)
    training = panel[:-test_rows]
    runs = Runs("forecast", panel.schema.name, listeners)
    begins = min(series.times[-test_rows] for series in panel)
    split = {"split.test_rows": test_rows, "split.test_start": str(begins)}
    backtests: dict[str, Backtest] = {}
    first: Backtest | None = None
    for cell, forecaster in forecasters.items():
        with runs.network(cell, forecaster.seed) as journal:
            journal.parameters(split)
            forecaster.fit(training, recorder=journal)
            if first is None:
                first = backtest = forecaster.backtest(panel, audit=audit)
            else:  # the baselines are the same: they are forecast once
                backtest = forecaster.backtest(panel, baselines=(), audit=audit).beside(first)
            backtests[cell] = backtest
            record(backtest, journal)
            journal.metrics({"time/fit_s": backtest.seconds})
            _pictures(backtest, journal)
            journal.artifact(forecaster.save(journal.folder / "model"))
    first = next(iter(backtests.values()))

    def tell(name: str, journal: Journal) -> None:
        record(first, journal, model=name)
        _leaderboard(first, journal)

    task = {"horizon": first.horizon, "target": panel.schema.target}
    runs.baselines(first.baselines, task | split, tell)
    return Study(panel, forecasters, backtests)


def _pictures(backtest: Backtest, journal: Journal) -> None:
    journal.picture("forecast", forecast_chart(backtest))
    journal.picture("error-by-lead", lead_chart([backtest]))
    journal.picture("intervals", fan_chart(backtest))
    journal.picture("calibration", calibration_chart(backtest))
    if backtest.audit is not None:
        journal.text("audit.txt", f"{backtest.audit}\n")
    _leaderboard(backtest, journal)


def _leaderboard(backtest: Backtest, journal: Journal) -> None:
    journal.text("leaderboard.csv", backtest.leaderboard.to_csv(index=False))
