"""`AutoForecaster`: candidates, chosen and combined by rows that trained none of them."""

import time as clock
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from ....datasets import TimeSeries, TimeSeriesPanel, read_panel
from ....errors import (
    ArgumentError,
    ArgumentTypeError,
    DataError,
    flag,
    one_of,
    positive,
    seed_number,
    whole_number,
)
from ....zoo.factory import CellLike, cell_factory
from ...recorder import NullRecorder, Recorder
from ...storage.files import named_folder
from ...storage.folders import read_folder, write_folder
from ...storage.model import PackedModel, pack, unpack
from ...storage.restoring import restoring
from ...training.checkpoints import member_folder
from ..backtest.result import Backtest
from ..backtest.run import run_backtest
from ..fitted import FittedForecaster
from ..fitting import TrainedNetwork, train_network
from ..forecaster import Forecaster
from ..history.reads import Reads
from ..members import MembersRecorder
from ..parameters import logged_schema
from ..plan import Plan
from ..preprocessing.far_values import warn_of_far_values
from ..weights import SampleWeight, split_weights
from . import saving
from .candidates import EFFORTS, network_candidates
from .combination import described
from .combine import combine
from .fitted import FittedAuto, table
from .members import AutoSettings
from .selection import select
from .split import network_rows, plan_of_baselines, with_origins


class AutoForecaster(Reads[FittedAuto]):
    """Tries networks and baselines, and forecasts with those that validation favors, together.

    The last rows of the data, which train nothing, are forecast by every candidate from rolling
    origins. Their errors there decide the weights: all the more, the more origins there are (see
    `combination_weights`). On fewer than 1,000 training rows a network takes part only if it is
    better there than every baseline, and of fewer than 8 origins none is trained. Networks that
    take part are then trained on all rows.

    Args:
        horizon: number of leads, in rows.
        cells: cells of the networks, as `cell` of a `Forecaster`. Of cells with one name the
            second and later ones are numbered.
        effort: `"quick"` tries one network of each cell, `"balanced"` two, `"thorough"` three with
            three seeds each; of fewer than 1,000 training rows all of them one.
        validation: share of the rows given to `fit`, the last ones, by which candidates are
            weighted.
        refit: whether networks that take part are trained again on all rows.
        seed: seed of the fit.
        max_minutes: time limit of all trainings together, in minutes, shared out equally.
        engine: as of a `Forecaster`.

    After `fit`, `candidates_` has all that was tried, `weights_` the shares in the forecast, and
    `why_` both in words. Where all networks fail, as of few rows, baselines forecast alone.

    Example:

    >>> from rnnzoo import AutoForecaster, load_dataset
    >>> weather = load_dataset("seattle-weather")[:120]
    >>> auto = AutoForecaster(horizon=3, effort="quick", max_minutes=0.001).fit(weather)
    >>> auto.predict()["step"].tolist()
    [1, 2, 3]
    """

    def __init__(
        self,
        horizon: int = 1,
        cells: Sequence[CellLike] = ("gru",),
        effort: str = "balanced",
        validation: float = 0.2,
        refit: bool = True,
        seed: int = 0,
        max_minutes: float | None = None,
        engine: str = "auto",
    ):
        self.horizon = horizon
        self.cells = cells
        self.effort = effort
        self.validation = validation
        self.refit = refit
        self.seed = seed
        self.max_minutes = max_minutes
        self.engine = engine

    def check(self) -> None:
        """Raises ArgumentError or ArgumentTypeError for a setting that cannot be used."""
        whole_number("horizon", self.horizon)
        one_of("effort", self.effort, EFFORTS)
        flag("refit", self.refit)
        seed_number(self.seed)
        if self.max_minutes is not None:
            positive("max_minutes", self.max_minutes)
        if isinstance(self.cells, str) or not isinstance(self.cells, Sequence) or not self.cells:
            raise ArgumentTypeError(f"`cells` must be a list of cells. Received: {self.cells!r}")
        for cell in self.cells:
            self._forecaster({"cell": cell}).check()

    def plan(self, data: TimeSeries | TimeSeriesPanel, reserved: int | Sequence[int] = 0) -> Plan:
        """How `fit` will use the rows of each series: as the first network that can. Raises
        ArgumentError for settings that no network can use, DataError for less than two rows."""
        panel = TimeSeriesPanel.of(data)
        failures = []
        networks = self._networks(panel, reserved)
        for settings in networks.values():
            try:
                return with_origins(self._forecaster(settings).plan(panel, reserved))
            except (ArgumentError, DataError) as error:
                failures.append(error)
        if all(isinstance(error, ArgumentError) for error in failures):
            raise failures[-1]
        first = self._forecaster(next(iter(networks.values())))
        return plan_of_baselines(first.settings, panel, reserved)

    def fit(
        self,
        data: Any,
        *,
        time: str | Sequence[str] | None = None,
        target: str | Sequence[str] | None = None,
        past: str | Sequence[str] = (),
        future: str | Sequence[str] = (),
        static: str | Sequence[str] = (),
        sample_weight: SampleWeight = None,
        recorder: Recorder | None = None,
        checkpoint: str | Path | None = None,
        progress: bool = False,
    ) -> "AutoForecaster":
        """Tries all candidates on all rows of `data`; arguments as of `Forecaster.fit`.

        Args:
            recorder: logs the parameters of the first network, and the epochs of all networks
                numbered in one sequence.
            checkpoint: folder in which each network has a folder for its checkpoint.

        Raises:
            ArgumentError, ArgumentTypeError: a setting that cannot be used.
            DataError: a table that cannot be used.
            CheckpointError: a checkpoint is damaged, of another fit, or cannot be written.
        """
        self.check()
        began = clock.perf_counter()
        column, by_series = split_weights(sample_weight)
        panel = read_panel(
            data, time=time, target=target, past=past, future=future, static=static, weight=column
        )
        panel = panel.as_known([len(series) - 1 for series in panel])
        warn_of_far_values(panel)
        networks = self._networks(panel)
        shared = {"members": len(networks), "effort": self.effort}
        log = MembersRecorder(recorder or NullRecorder(), shared, self._epochs(networks, panel))

        def train(k: int, settings: dict[str, Any]) -> TrainedNetwork:
            one = self._forecaster(settings, len(networks))
            one.check()
            return train_network(
                one.settings, with_origins(one.plan(panel)), panel, by_series, recorder=log,
                checkpoint=member_folder(checkpoint, k), progress=progress,
            )  # fmt: skip

        selection = select(networks, train, panel, self.horizon, self.validation)
        if selection.trained:
            log.finish()
        else:
            log.recorder.parameters(
                logged_schema(panel.schema, len(panel)) | self.get_params(deep=False) | shared
                | {"cells": [cell_factory(cell).name for cell in self.cells], "members": 0}
            )  # fmt: skip
        folders = {name: member_folder(checkpoint, k) for k, name in enumerate(networks)}
        settings = AutoSettings(
            self.horizon, self.validation, self.seed, self.get_params(deep=False)
        )
        fitted = combine(selection, panel, settings, folders)
        self.fitted_ = replace(fitted, seconds=clock.perf_counter() - began)
        return self

    def retrained(self, data: Any) -> "AutoForecaster":
        """Returns one whose networks and baselines are fitted to all rows of `data`, with the same
        weights, as `Forecaster.retrained`."""
        return self._of(self._require_fit().retrained(data))

    def backtest(self, data: Any, **how: Any) -> Backtest:
        """Forecasts from every origin after the fitted rows; `how` as for
        `Forecaster.backtest`."""
        fitted = self._require_fit()
        return run_backtest(fitted, fitted.refitted, data, **how)

    @property
    def fitted_networks(self) -> list[FittedForecaster]:
        """The networks that take part, or the best one; that with the smallest error first. None
        where the rows are too few for any."""
        return list(self._require_fit().networks.values())

    @property
    def difference(self) -> bool:
        """Never: what it forecasts does not follow from differences alone."""
        return False

    def error_by_history(self, data: Any, lookbacks: Sequence[int] = (1, 10, 100)) -> pd.DataFrame:
        """`Forecaster.error_by_history` of the best network.

        Raises:
            ArgumentError: there is none.
        """
        if not self.fitted_networks:
            raise ArgumentError(
                "The rows were too few for a network, and baselines read all history. "
                "`candidates_` gives the reasons."
            )
        return Forecaster.of(self.fitted_networks[0]).error_by_history(data, lookbacks)

    @property
    def candidates_(self) -> pd.DataFrame:
        """All that was tried, the best first: columns `model, error, weight, seconds, failure`;
        `error` is the mean absolute error of the validation rows in units of the scale of MASE."""
        return table(self._require_fit().candidates)

    @property
    def why_(self) -> str:
        """What was chosen, and by which figures, in words."""
        return described(self._require_fit().candidates)

    @property
    def weights_(self) -> dict[str, float]:
        """The share of each network and baseline in the forecast, the largest first."""
        return self._require_fit().weights

    @property
    def parameters_(self) -> int:
        """The number of trained weights of all networks that take part."""
        return self._require_fit().parameters

    @property
    def name(self) -> str:
        """The name in tables."""
        return "auto"

    @property
    def cell_name(self) -> str:
        """The name in charts and runs."""
        return "auto"

    def save(self, folder: str | Path) -> Path:
        """Writes all that takes part, with its state, to one folder, as JSON and arrays.

        Raises:
            ArgumentError: the folder exists and holds something else.
        """
        path = named_folder(folder)
        write_folder(path, saving.KIND, *saving.auto_to_plain(self._require_fit()))
        return path

    @classmethod
    def load(cls, folder: str | Path) -> "AutoForecaster":
        """Reads a saved one; its forecasts are the same, bit for bit.

        Raises:
            ModelFileError: the folder holds none, or a damaged one.
        """
        path = named_folder(folder)
        manifest, arrays = read_folder(path, saving.KIND)
        with restoring(path, "AutoForecaster"):
            auto = cls._of(saving.auto_from_plain(manifest, arrays))
            auto.check()
        return auto

    @classmethod
    def _of(cls, fitted: FittedAuto) -> "AutoForecaster":
        """Makes an estimator from a fitted value."""
        auto = cls(**fitted.settings.params)
        auto.fitted_ = fitted
        return auto

    def _packed(self) -> PackedModel:
        return pack(saving.KIND, *saving.auto_to_plain(self.fitted_))

    def _unpacked(self, packed: PackedModel) -> FittedAuto:
        return saving.auto_from_plain(*unpack(packed, saving.KIND, "the pickled forecaster"))

    def _epochs(self, networks: Mapping[str, dict[str, Any]], panel: TimeSeriesPanel) -> int:
        """The largest number of epochs of all networks that have enough rows."""
        epochs = 0
        for settings in networks.values():
            with suppress(ArgumentError, DataError):
                epochs += self._forecaster(settings).plan(panel).recipe.epochs
        return epochs

    def _networks(
        self, panel: TimeSeriesPanel, reserved: int | Sequence[int] = 0
    ) -> dict[str, dict[str, Any]]:
        training = network_rows(panel, reserved, self.validation, self.horizon)
        season = panel.schema.season
        return network_candidates(training, season, self.cells, self.horizon, self.effort)

    def _forecaster(self, settings: Mapping[str, Any], among: int = 1) -> Forecaster:
        """An unfitted network, one `among` several that share the time."""
        limit = None if self.max_minutes is None else self.max_minutes / among
        own = {name: getattr(self, name) for name in ("horizon", "validation", "refit", "engine")}
        seed = self.seed + settings.get("seed", 0)
        return Forecaster(**own | dict(settings) | {"seed": seed, "max_minutes": limit})
