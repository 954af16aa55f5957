"""Forecasting studies: several networks on one split of one series, each a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...datasets import TimeSeries, TimeSeriesPanel
from ...messages import stamp
from ...pipelines.forecasting import Backtest, Ensemble, Forecaster
from ...pipelines.forecasting.backtest.charts import (
    calibration_chart,
    fan_chart,
    forecast_chart,
    lead_chart,
)
from ...pipelines.forecasting.backtest.recording import record
from ...pipelines.storage.names import slug
from ...pipelines.training.keras_settings import plain_settings
from ..comparison.paired import FILE, Errors, of_backtest
from ..journal.journal import Journal
from ..reports.run import FILE as REPORT
from ..reports.run import run_report
from ..reports.style import markdown
from ..study.digests import Used, of_panel
from ..study.outputs import write_all
from ..study.provenance import Provenance
from ..study.result import StudyResult
from ..study.resume import StudyResume
from ..study.study import Listeners, StudyRuns, nobody, run_name
from .forecast_pictures import GREY, in_color, tell_origins

ROWS = 1_000_000  # of forecasts that a run keeps, at most


@dataclass(frozen=True)
class Study(StudyResult):
    """What a study found.

    Attributes:
        panel: the series that were forecast.
        forecasters: the fitted networks, by cell or other label.
        backtests: their backtests, by the same.
        models: what those that differ by their seed are called together, by the same.
    """

    panel: TimeSeriesPanel
    forecasters: Mapping[str, Forecaster | Ensemble]
    backtests: dict[str, Backtest]
    models: Mapping[str, str] = field(default_factory=dict)

    @property
    def first(self) -> Backtest:
        """One backtest of all, which share the baselines and the test."""
        return next(iter(self.backtests.values()))

    @property
    def error(self) -> str:
        return self.first.error

    @property
    def unit(self) -> str:
        return self.panel.schema.unit

    @property
    def results(self) -> dict[str, Backtest]:
        return self.backtests

    def errors_of(self, name: str) -> Errors:
        return of_backtest(self.backtests.get(name, self.first), name)

    @property
    def random_walk(self) -> pd.DataFrame:
        """Every model beside the random walk, the best first; baselines once."""
        tables = [backtest.against_random_walk() for backtest in self.backtests.values()]
        table = pd.concat(tables, ignore_index=True).drop_duplicates(["model", "step"])
        order = self.leaderboard["model"].tolist()
        return table.sort_values("model", key=lambda m: m.map(order.index), kind="stable")

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
                f"{name}-random-walk.csv": partial(self.random_walk.to_csv, index=False),
            },
        )


@dataclass(frozen=True)
class Split:
    """A table cut at one time, the same for all series.

    Attributes:
        begins: the first time of the test.
        kept: rows of each series from then on, which no fit sees.
    """

    begins: pd.Timestamp
    kept: list[int]


def split(panel: TimeSeriesPanel, test_rows: int) -> Split:
    """Cuts so that the last `test_rows` times of the table are the test.

    Series that end earlier have fewer rows there, or none: then they only train.
    """
    times = np.unique(np.concatenate([series.times for series in panel]))
    begins = pd.Timestamp(times[-min(test_rows, len(times))])
    return Split(begins, [int((series.times >= begins).sum()) for series in panel])


def study(
    panel: TimeSeries | TimeSeriesPanel,
    forecasters: Mapping[str, Forecaster | Ensemble],
    test_rows: int,
    listeners: Listeners = nobody,
    audit: bool = False,
    origin: Provenance | None = None,
    checkpoints: Path | None = None,
) -> Study:
    """Fits each network on all but the last `test_rows` times, backtests it on those.

    Args:
        panel: what to forecast.
        forecasters: by cell, or by another label where a cell is tried more than once.
        test_rows: times at the end that no fit sees.
        listeners: of each run.
        audit: prove for each that no forecast or score knows what came later.
        origin: what the study was made from.
        checkpoints: folder in which each fit keeps where it stands. A study that was killed goes
            on there, with the same runs; those that had ended are not told again.

    Raises:
        CheckpointError: what is there is damaged, in use, or of another study or fit.
        DataError: a series is too short for the split.
    """
    panel = TimeSeriesPanel.of(panel)
    cut = split(panel, test_rows)
    for forecaster in forecasters.values():
        forecaster.plan(panel, reserved=cut.kept)
    training = panel.cut([len(series) - k for series, k in zip(panel, cut.kept, strict=True)])
    told = {"split.test_rows": test_rows, "split.test_start": stamp(cut.begins, panel.schema.zone)}
    unit = {"unit": panel.schema.unit} if panel.schema.unit else {}
    backtests: dict[str, Backtest] = {}
    first: Backtest | None = None

    def used() -> list[Used]:
        return [of_panel(training, "training"), of_panel(panel, "test")]

    origin = origin or Provenance()
    about: dict[str, Any] = {"name": origin.name, "dataset": panel.schema.name}
    about |= {"test_rows": test_rows, "audit": audit}
    networks = [(run_name(label, one.seed), _asked(one)) for label, one in forecasters.items()]
    goes_on = StudyResume(checkpoints, about, networks)
    with StudyRuns("forecast", panel.schema.name, listeners, used, origin, goes_on) as runs:
        for label, forecaster in forecasters.items():
            with runs.network(forecaster.cell_name, forecaster.seed, label) as journal:
                journal.parameters(told | unit)
                forecaster.fit(training, recorder=journal, checkpoint=goes_on.place(journal.run))
                if first is None:
                    first = backtest = _called(label, forecaster.backtest(panel, audit=audit))
                else:  # the baselines are the same: they are forecast once
                    backtest = forecaster.backtest(panel, baselines=(), audit=audit)
                    backtest = _called(label, backtest).with_baselines_of(first)
                backtests[label] = backtest
                record(backtest, journal)
                journal.metrics({"time/fit_s": backtest.seconds})
                if journal.kept:
                    color = runs.color(forecaster.cell_name, label)
                    _files(backtest, panel, color, journal)
                    settings = told | _settings(forecaster) | dict(origin.parameters)
                    report = run_report(backtest, panel, color, journal.folder, settings)
                    journal.text(REPORT, report)
                    journal.saved("model", forecaster.save)
        found = Study(panel, forecasters, backtests, origin.models)
        _baselines(runs, found, told | unit)
        runs.conclude(found)
    return found


def _baselines(runs: StudyRuns, found: Study, told: dict[str, Any]) -> None:
    first = found.first

    def tell(name: str, journal: Journal) -> None:
        record(first, journal, model=name)
        if journal.kept:
            if name == found.best_baseline:
                tell_origins(first, found.panel, name, GREY, journal)
            _kept(first, name, journal)
            _leaderboard(first, journal)

    task = {"horizon": first.horizon, "target": found.panel.schema.target}
    runs.baselines(first.baselines, task | told, tell)


def _asked(forecaster: Forecaster | Ensemble) -> dict[str, Any]:
    """Every setting as it was asked for."""
    settings = forecaster.get_params(deep=False)
    if isinstance(forecaster, Ensemble):
        return settings | {"members": [_asked(member) for member in forecaster.members]}
    return plain_settings(settings)


def _settings(forecaster: Forecaster | Ensemble) -> dict[str, Any]:
    """Every setting as it was used, also those that follow from the data."""
    if isinstance(forecaster, Ensemble):
        together = {"members": len(forecaster.members_), "aggregation": forecaster.aggregation}
        return _settings(forecaster.members_[0]) | together
    return forecaster.get_params(deep=False) | forecaster.recipe_.to_dict()


def _called(label: str, backtest: Backtest) -> Backtest:
    """The same under the label of its network."""
    forecasts = {label: backtest.forecasts[backtest.model]}
    forecasts |= {name: backtest.forecasts[name] for name in backtest.baselines}
    return replace(backtest, model=label, forecasts=forecasts)


def _files(backtest: Backtest, panel: TimeSeriesPanel, color: str, journal: Journal) -> None:
    charts = {
        "forecast": forecast_chart(backtest),
        "error-by-lead": lead_chart([backtest]),
        "intervals": fan_chart(backtest),
        "calibration": calibration_chart(backtest),
    }
    for name, figure in charts.items():
        journal.picture(name, in_color(figure, {backtest.model, "origin"}, color))
    tell_origins(backtest, panel, backtest.model, color, journal)
    _kept(backtest, backtest.model, journal)
    journal.text("random-walk.csv", backtest.against_random_walk().to_csv(index=False))
    if backtest.audit is not None:
        journal.text("audit.txt", f"{backtest.audit}\n")
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
    """Those of one model beside the truth: from each origin, or from as many, evenly spread, as
    `ROWS` hold."""
    origins = len(backtest.origins)
    kept = max(1, min(origins, ROWS // backtest.horizon))
    some = np.arange(kept) * origins // kept
    per_origin = ("ids", "rows", "origins", "times", "truth", "level", "scale")
    shown = {name: getattr(backtest, name)[some] for name in per_origin}
    forecasts = {"yhat": backtest.forecasts[model][some]}
    return replace(backtest, model="yhat", forecasts=forecasts, **shown).frame()


def _leaderboard(backtest: Backtest, journal: Journal) -> None:
    journal.text("leaderboard.csv", backtest.leaderboard.to_csv(index=False))
    journal.note(
        f"{backtest.name}: {backtest.horizon} steps ahead from {len(backtest.origins):,} origins. "
        f"Errors in {backtest.unit or 'the unit of the target'}; skill is the share of the error "
        f"of {backtest.reference} that is avoided.\n\n{markdown(backtest.leaderboard)}"
    )
