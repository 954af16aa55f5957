"""Forecasting studies: several networks on one split of one series, each a run."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from ..datasets import Series
from ..pipelines.forecasting import Backtest, Forecaster
from ..pipelines.forecasting.backtest import combine, record
from ..pipelines.forecasting.charts import forecast_chart, lead_chart
from .files import slug, whole
from .journal import Journal, Listener


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
        tables = pd.concat([b.by_lead for b in self.backtests.values()], ignore_index=True)
        order = self.leaderboard["model"].tolist()
        tables = tables.drop_duplicates(["model", "step"])
        return tables.sort_values("model", key=lambda m: m.map(order.index), kind="stable")

    @property
    def best(self) -> str:
        """The cell with the smallest error."""
        return next(m for m in self.leaderboard["model"] if m in self.backtests)

    def write(self, folder: Path) -> list[Path]:
        """Charts and tables into a folder; returns the files."""
        folder.mkdir(parents=True, exist_ok=True)
        name = slug(self.series.schema.name)
        files = []
        for path, figure in (
            (folder / f"{name}-forecast.png", forecast_chart(self.backtests[self.best])),
            (folder / f"{name}-error-by-lead.png", lead_chart(list(self.backtests.values()))),
        ):
            with whole(path) as fresh:
                figure.savefig(fresh)
            files.append(path)
        for path, table in (
            (folder / f"{name}-leaderboard.csv", self.leaderboard),
            (folder / f"{name}-error-by-lead.csv", self.by_lead),
        ):
            with whole(path) as fresh:
                table.to_csv(fresh, index=False)
            files.append(path)
        return files


def study(
    series: Series,
    forecasters: dict[str, Forecaster],
    test_rows: int,
    listeners: Callable[[str], Iterable[Listener]] = lambda run: (),
) -> Study:
    """Fits each network on all but the last `test_rows` rows, backtests it on those.

    Args:
        series: what to forecast.
        forecasters: by cell.
        test_rows: rows at the end that no fit sees.
        listeners: makes the listeners of a run from its name, e.g. a tracker's.

    Raises:
        DataError: the series is too short for the split.
    """
    name = series.schema.name
    for forecaster in forecasters.values():
        forecaster.plan(series, reserved=test_rows)
    training = series[:-test_rows]
    tags = {"task": "forecast", "dataset": name, "study": time.strftime("%Y-%m-%d %H:%M:%S")}
    tags |= {"rnnzoo.version": version("rnnzoo")}
    split = {"split.test_rows": test_rows, "split.test_start": str(series.times[-test_rows])}
    backtests: dict[str, Backtest] = {}
    for cell, forecaster in forecasters.items():
        run = f"{cell}-{name}-{forecaster.seed}"
        with Journal(
            f"forecast/{name}", run, tags | {"cell": cell}, tuple(listeners(cell))
        ) as journal:
            journal.parameters(split)
            forecaster.fit(training, recorder=journal)
            backtest = backtests[cell] = forecaster.backtest(series, recorder=journal)
            journal.metrics({"time/fit_s": backtest.seconds})
            _pictures(backtest, journal)
            journal.artifact(forecaster.save(journal.folder / "model"))
    _baseline_runs(next(iter(backtests.values())), tags, split, series, listeners)
    return Study(series, forecasters, backtests)


def _pictures(backtest: Backtest, journal: Journal) -> None:
    journal.picture("forecast", forecast_chart(backtest))
    journal.picture("error-by-lead", lead_chart([backtest]))
    journal.text("leaderboard.csv", backtest.leaderboard.to_csv(index=False))


def _baseline_runs(
    backtest: Backtest,
    tags: dict[str, str],
    split: dict[str, Any],
    series: Series,
    listeners: Callable[[str], Iterable[Listener]],
) -> None:
    """Each baseline is a run of its own, so that charts show it beside the networks."""
    for name in backtest.baselines:
        parameters: dict[str, Any] = {
            "cell": name,
            "dataset": series.schema.name,
            "horizon": backtest.horizon,
            "target": series.schema.target,
        } | split
        run = f"{name}-{series.schema.name}"
        with Journal(
            f"forecast/{series.schema.name}", run, tags | {"cell": name}, tuple(listeners(name))
        ) as journal:
            journal.parameters(parameters)
            record(backtest, journal, model=name)
