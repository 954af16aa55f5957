"""Runs read back from the tracking store: parameters, metrics, and errors to be compared."""

import math
import re
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError, nearest, one_of
from ..tracking import Store
from ..tracking.store import FAULTS
from .paired import FILE, FRAMES, Errors

LARGEST = 2**28  # bytes of an artifact that is read, unpacked
FRAME_PARTS = ("context", "truth", "forecast")


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        store: the store that holds it.
        values: tags, parameters and metrics by name; NaN where the run lacks one.
    """

    store: Store
    values: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.values["run"])

    @property
    def name(self) -> str:
        return str(self.values["name"])

    @property
    def study(self) -> str:
        return str(self.text("study.name") or self.text("study"))

    @property
    def study_id(self) -> str:
        """Identifies its study: two may have begun in the same second."""
        return self.text("study.uid") or self.text("mlflow.parentRunId") or self.text("study")

    @property
    def started(self) -> pd.Timestamp:
        return pd.Timestamp(self.values["started"])

    @property
    def data(self) -> str:
        """Identifies its data by a digest; without one, data are the same within a study only."""
        return self.text("data.digest") or f"of study {self.study_id}"

    @property
    def model(self) -> str:
        """Name of its model, which runs that differ by their seed share."""
        return self.text("model") or self.text("cell") or self.name

    @property
    def baseline(self) -> bool:
        """Whether nothing was trained."""
        return not self.text("seed")

    @property
    def color(self) -> str:
        color = self.text("mlflow.runColor")
        return color if re.fullmatch("#[0-9A-Fa-f]{6}", color) else "#777777"

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Its parameters alone, as text, without tags and metrics."""
        return dict(self.store.client.get_run(self.id).data.params)

    def text(self, key: str) -> str:
        value = self.values.get(key)
        return (
            "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)
        )

    def number(self, key: str) -> float:
        """A metric, or a parameter that is a number; else NaN."""
        try:
            return float(self.values.get(key, math.nan))
        except (TypeError, ValueError):
            return math.nan

    def series(self, key: str) -> list[tuple[int, float]]:
        """Steps and values of a metric, in the order of the steps; empty where there is none."""
        if math.isnan(self.number(key)):
            return []
        history = self.store.client.get_metric_history(self.id, key)
        return sorted({metric.step: metric.value for metric in history}.items())

    @cached_property
    def errors(self) -> Errors | None:
        """Errors at each origin or clip, if they were saved."""
        content = self._artifact(FILE)
        return None if content is None else Errors.read(content.decode("utf-8", "replace"))

    @cached_property
    def frames(self) -> dict[str, np.ndarray] | None:
        """Context, truth and forecast of the first test clip, if they were saved."""
        with tempfile.TemporaryDirectory() as folder:
            path = self._fetched(FRAMES, folder)
            if path is None:
                return None
            return _frames(path)

    def _artifact(self, name: str) -> bytes | None:
        with tempfile.TemporaryDirectory() as folder:
            path = self._fetched(name, folder)
            if path is None or path.stat().st_size > LARGEST:
                return None
            return path.read_bytes()

    def _fetched(self, name: str, folder: str) -> Path | None:
        """A copy of an artifact; `None` where the run has none of that name."""
        try:
            names = {item.path for item in self.store.client.list_artifacts(self.id)}
            if name not in names:
                return None
            return Path(self.store.client.download_artifacts(self.id, name, folder))
        except FAULTS:
            return None


def _frames(path: Path) -> dict[str, np.ndarray] | None:
    """The frames in a file; `None` where it holds others than ours: it may be a stranger's, and a
    page without frames is better than none."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                return None
        with np.load(path, allow_pickle=False) as arrays:
            found = {part: arrays[part] for part in FRAME_PARTS}
    except Exception:  # of damaged arrays NumPy raises errors of many kinds
        return None
    frame = found["truth"].shape[1:]
    ours = [part.dtype == np.uint8 and part.ndim == 4 for part in found.values()]
    alike = all(part.shape[1:] == frame for part in found.values())
    same = found["forecast"].shape == found["truth"].shape
    return found if all(ours) and alike and same and min(frame) > 0 else None


def all_runs(store: Store, experiment: str | None = None) -> list[Run]:
    """The finished runs of an experiment, by default of all.

    Raises:
        ArgumentError: no such experiment.
    """
    known = store.experiments()
    names = known if experiment is None else [one_of("experiment", experiment, known)]
    found: list[Run] = []
    for name in names:
        for values in store.runs(name).to_dict("records"):
            found.append(Run(store, {str(k): v for k, v in values.items()} | {"experiment": name}))
    return found


def of_study(runs: Sequence[Run], name: str | None) -> list[Run]:
    """The runs of the newest study, or of the newest one of a name.

    Raises:
        ArgumentError: no such study; the message names the nearest.
    """
    if not runs:
        raise ArgumentError("There are no finished runs yet: try `rnnzoo run temperature-week`.")
    if name is not None:
        names = dict.fromkeys(name for run in runs for name in (run.study, run.text("study")))
        if name not in names:
            raise ArgumentError(_unknown("study", name, list(names)))
        runs = [run for run in runs if name in (run.study, run.text("study"))]
    newest = newest_study(runs)
    return [run for run in runs if run.study_id == newest]


def newest_study(runs: Sequence[Run]) -> str:
    """Id of the study whose first run started last."""
    began: dict[str, pd.Timestamp] = {}
    for run in runs:
        began[run.study_id] = min(run.started, began.get(run.study_id, run.started))
    return max(began, key=began.__getitem__)


def chosen(runs: Sequence[Run], wanted: Sequence[str]) -> list[Run]:
    """Runs by id, the beginning of one, or name, with the baselines of their studies.

    Raises:
        ArgumentError: no such run, or several; the message names the nearest.
    """
    found = [_one(runs, one) for one in dict.fromkeys(wanted)]
    studies = {run.study_id for run in found}
    ids = {run.id for run in found}
    baselines = [run for run in runs if run.baseline and run.study_id in studies]
    return found + [run for run in baselines if run.id not in ids]


def _one(runs: Sequence[Run], wanted: str) -> Run:
    for same in (
        [run for run in runs if run.id == wanted],
        [run for run in runs if run.name == wanted],
        [run for run in runs if len(wanted) > 3 and run.id.startswith(wanted)],
    ):
        if len(same) == 1:
            return same[0]
        if same:
            ids = ", ".join(f"{run.id} ({run.study})" for run in same[:5])
            raise ArgumentError(
                f"{len(same)} runs are called {wanted!r}. Give the id of one: {ids}"
            )
    names = [name for run in runs for name in (run.id, run.name)]
    raise ArgumentError(_unknown("run", wanted, names))


def _unknown(kind: str, name: str, known: Sequence[str]) -> str:
    names = list(dict.fromkeys(known))
    near = nearest(name, names) or names[:5]
    return f"There is no {kind} {name!r}. The nearest are: {', '.join(near)}."


def values_frame(runs: Sequence[Run]) -> pd.DataFrame:
    """Values of runs, one row per run."""
    return pd.DataFrame([run.values for run in runs])
