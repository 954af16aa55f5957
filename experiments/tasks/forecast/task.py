"""Forecasts of the end of a table that no fit saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console

from ....datasets import FutureCovariates, TimeSeriesPanel
from ....errors import ArgumentError, one_of, whole_number
from ....messages import stamp
from ....pipelines.forecasting import AutoForecaster, Backtest, Ensemble, Forecaster
from ....pipelines.forecasting.backtest.recording import record
from ....pipelines.forecasting.baselines.table import BASELINES
from ....pipelines.recorder import Recorder
from ....pipelines.training.keras_settings import plain_settings
from ....zoo.factory import cell_factory
from ...comparison.paired import Errors, of_backtest
from ...journal.journal import Journal
from ...study.digests import Used
from ..base import Files, Final, Study, Task
from . import files, output
from .ahead import Network, forecast_ahead
from .data import Split, named_panel, of_panel, split
from .networks import MEMBERS
from .report import final_files, run_report
from .schema import TOGETHER

COLUMNS = ("time", "target", "past", "future", "static", "weight")


@dataclass(frozen=True)
class Forecasting(Task[Network, Backtest]):
    """Forecasts of the last times of a table by networks that were fitted to the rest.

    Attributes:
        panel: the series to forecast.
        test_rows: times at the end of the table that no fit sees; by default a fifth of the
            shortest series.
        audit: prove of each network that no forecast or score knows what came later, and say how.
        future_rows: table with known-future covariates after the end of each series.
        warm_up: show how the error of the best network falls with the history that it reads.
        model: name in the leaderboard of the model that forecasts what follows; by default the
            best.
    """

    panel: TimeSeriesPanel
    test_rows: int | None = None
    audit: bool = False
    future_rows: Path | None = None
    warm_up: bool = False
    model: str | None = None

    name = "forecast"
    baselines = tuple(BASELINES)
    saves = "Models, charts, tables and report.html"

    @classmethod
    def read(
        cls, experiment: dict[str, Any], networks: Mapping[str, Network], where: Path
    ) -> "Forecasting":
        data = dict(experiment["data"])
        rows, future_rows = data.pop("rows", None), data.pop("future_rows", None)
        source = data.pop("set", None) or data.pop("path")
        asked = {key: data.pop(key) for key in COLUMNS if data.get(key) is not None}
        panel = named_panel(source, asked, data)
        if rows is not None:
            panel = panel[-whole_number("data.rows", rows, at_least=2) :]
        return cls(
            panel,
            experiment.get("split", {}).get("test_rows"),
            experiment.get("audit", False),
            None if future_rows is None else Path(future_rows),
        )

    @classmethod
    def make(cls, settings: dict[str, Any], seeds: Sequence[int]) -> Network:
        """A forecaster, or several that forecast as one.

        Raises:
            ArgumentError: `aggregation` of one, or members of different runs that have one seed.
        """
        alone = {k: v for k, v in settings.items() if k not in TOGETHER}
        members = whole_number("members", settings.get("members", 1))
        if members > MEMBERS:
            raise ArgumentError(f"`members` must be at most {MEMBERS}. Received: {members}")
        if members == 1:
            if "aggregation" in settings:
                raise ArgumentError("`aggregation` needs more than one of `members`.")
            return Forecaster(**alone)
        gaps = [later - seed for seed, later in pairwise(sorted(seeds))]
        if min(gaps, default=members) < members:
            raise ArgumentError(
                f"The seeds of {members} members count on from that of their run, and runs must "
                f"not share any: give seeds that are {members} apart, such as "
                f"{[k * members for k in range(len(seeds))]}. Received: seeds={seeds}"
            )
        return Ensemble([Forecaster(**alone)], settings.get("aggregation", "mean"), members)

    @staticmethod
    def made_from(network: Network) -> dict[str, Any]:
        if not isinstance(network, Ensemble):
            return network.get_params(deep=False)
        together = {"members": network.n_seeds, "aggregation": network.aggregation}
        return network.members[0].get_params(deep=False) | together

    @property
    def dataset(self) -> str:
        return self.panel.schema.name

    @property
    def unit(self) -> str:
        return self.panel.schema.unit

    @property
    def split(self) -> dict[str, Any]:
        return {"test_rows": self.test_rows}

    @property
    def identity(self) -> dict[str, Any]:
        return {"test_rows": self.test_rows, "audit": self.audit}

    @property
    def split_parameters(self) -> dict[str, Any]:
        begins = stamp(self.cut.begins, self.panel.schema.zone)
        return super().split_parameters | {"split.test_start": begins}

    def test_parameters(self, result: Backtest) -> dict[str, Any]:
        return {"horizon": result.horizon, "target": self.panel.schema.target}

    @property
    def repairs(self) -> Sequence[str]:
        return self.panel.repairs

    def checked(self, networks: Mapping[str, Network]) -> "Forecasting":
        for network in networks.values():
            network.check()
        if self.model is not None:
            one_of("--model", self.model, [*networks, *BASELINES])
        horizon = max(network.horizon for network in networks.values())
        rows = self.test_rows
        if rows is None:
            rows = max(horizon, min(map(len, self.panel)) // 5)
        task = replace(self, test_rows=whole_number("test_rows", rows, at_least=horizon))
        for network in networks.values():
            network.plan(self.panel, reserved=task.cut.rows)
        if self.future_rows is not None:
            self._check_future(self.future_rows, horizon)
        return task

    @cached_property
    def cut(self) -> Split:
        """The split of the table, of a task that was `checked`."""
        return split(self.panel, whole_number("test_rows", self.test_rows))

    @cached_property
    def training(self) -> TimeSeriesPanel:
        """What is fitted to: each series up to the test."""
        tested = zip(self.panel, self.cut.rows, strict=True)
        return self.panel.cut([len(series) - rows for series, rows in tested])

    def digests(self) -> Sequence[Used]:
        return [of_panel(self.training, "training"), of_panel(self.panel, "test")]

    def fit(self, network: Network, journal: Recorder, checkpoint: Path | None) -> None:
        network.fit(self.training, recorder=journal, checkpoint=checkpoint)

    def score(self, network: Network, label: str, first: Backtest | None) -> Backtest:
        if first is None:
            return network.backtest(self.panel, audit=self.audit).renamed(label)
        # the baselines are the same: they are forecast once
        backtest = network.backtest(self.panel, baselines=(), audit=self.audit)
        return backtest.renamed(label).with_baselines_of(first)

    def requested(self, network: Network) -> dict[str, Any]:
        settings = network.get_params(deep=False)
        if isinstance(network, AutoForecaster):
            return settings | {"cells": [cell_factory(cell).name for cell in network.cells]}
        if isinstance(network, Ensemble):
            return settings | {"members": [self.requested(member) for member in network.members]}
        return plain_settings(settings)

    def used(self, network: Network) -> dict[str, Any]:
        if isinstance(network, Ensemble):
            members = network.members_
            together = {"members": len(members), "aggregation": network.aggregation}
            return self.used(members[0]) | together
        if isinstance(network, AutoForecaster):
            shares = ", ".join(f"{name} {share:.0%}" for name, share in network.weights_.items())
            return self.requested(network) | {"shares": shares, "why": network.why_}
        return network.get_params(deep=False) | network.recipe_.to_dict()

    def error(self, result: Backtest) -> str:
        return result.error

    def errors_of(self, result: Backtest, name: str) -> Errors:
        return of_backtest(result, name)

    def log(self, result: Backtest, name: str, journal: Journal) -> None:
        record(result, journal, model=name)

    def write_run(self, result: Backtest, color: str, journal: Journal) -> None:
        files.write_run(result, self.panel, color, journal)

    def write_baseline(self, result: Backtest, name: str, best: bool, journal: Journal) -> None:
        files.write_baseline(result, self.panel, name, best, journal)

    def report(
        self, result: Backtest, color: str, folder: Path, settings: Mapping[str, Any]
    ) -> str:
        return run_report(result, self.panel, color, folder, settings)

    def files(self, found: Study) -> Files:
        return files.of_study(found)

    def show_scores(self, found: Study, out: Console) -> None:
        output.print_leaderboard(found, self.panel, self.test_rows, out)

    def final(self, found: Study) -> Final[Network]:
        ahead = forecast_ahead(found, self.panel, self.model, self.future_rows)
        retrained = {} if ahead is None or ahead.network is None else {ahead.model: ahead.network}
        return Final(final_files(found, self.panel, ahead), retrained, ahead)

    def show(self, found: Study, final: Final[Network], out: Console) -> None:
        self.show_scores(found, out)
        if self.audit:
            out.print(f"\n{found.best}: {found.tests[found.best].audit}")
        output.print_candidates(found.networks.values(), out)
        output.print_recipes(found.networks.values(), out)
        if self.warm_up:
            output.print_warm_up(found, self.panel, out)
        if final.forecast is None:
            out.print(
                "\nTo forecast beyond the data, give the covariates there: --future-rows FILE"
            )
        else:
            output.print_forecast(final.forecast, out)

    def _check_future(self, future_rows: Path, horizon: int) -> None:
        schema = self.panel.schema
        if not schema.future:
            raise ArgumentError("--future-rows holds the columns of --future: name them there.")
        ahead = FutureCovariates(future_rows, schema, self.panel.ids)
        for series in self.panel:
            ahead.rows(schema.times_after(series.times[-1], horizon), series.unique_id)


TASK = Forecasting
