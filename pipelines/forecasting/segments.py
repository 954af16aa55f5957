"""The segment architecture: every forecast reads its own window of history."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...zoo.compiled import compiled
from ...zoo.models import segment
from ..course import Drawn
from ..recorder import Recorder
from ..training import History, adam, fit
from .chunks import Joined, mean_absolute_error
from .reading import BATCH, State, ahead_of
from .rows import Rows, Transform

WINDOWS = 64  # in a step of training
LONGEST = 48  # rows a segment has unasked, at most
SHORT = 12  # rows where there is no season so long


class SegmentArchitecture:
    """The look-back is read segment by segment, all leads are decoded side by side.

    Nothing is carried from one forecast to the next: the state is the look-back itself.
    """

    name = "segment"

    def __init__(
        self,
        transform: Transform,
        cells: list[Any],
        lookback: int,
        horizon: int,
        dropout: float = 0.0,
        normalisation: str | None = "last",
    ):
        self.lookback, self.horizon, self.difference = lookback, horizon, transform.difference
        self.read_ahead = horizon if transform.schema.future else 0  # by whole segments
        season = transform.schema.season
        self.segment = min(season if 1 < season <= LONGEST else SHORT, lookback)
        self.network = segment(
            cells,
            lookback,
            self.segment,
            horizon,
            extras=len(transform.schema.past) + transform.indicators + transform.ahead,
            futures=transform.ahead,
            dropout=dropout,
            normalisation=normalisation,
        )
        self._forecast = compiled(self.network)

    def train(
        self, rows: list[Rows], score: Callable[[], float], lookback: int, recorder: Recorder,
        **settings: Any,
    ) -> History:  # fmt: skip
        rng = np.random.default_rng(settings["seed"])
        windows = _Windows(rows, self._batch, self.lookback, self.horizon, rng)
        epochs = settings["epochs"]
        optimizer = adam(
            settings["learning_rate"], epochs * len(windows), settings["schedule"],
            settings["averaging"],
        )  # fmt: skip
        self.network.compile(optimizer, mean_absolute_error)
        return fit(
            self.network, windows, score, "mae", epochs=epochs,
            patience=settings["patience"], recorder=recorder, checkpoint=settings["checkpoint"],
        )  # fmt: skip

    def read(self, rows: list[Rows], state: State | None) -> State:
        windows = []
        for i, one in enumerate(rows):
            drive = _drive(one[-self.lookback :])
            if state is not None:
                drive = np.concatenate([state.arrays[0][i], drive])
            windows.append(drive[-self.lookback :])
        last = np.stack([one.last[-1] for one in rows])
        unit = np.stack([one.unit for one in rows])
        return State([np.stack(windows)], np.empty((len(rows), 0), "float32"), last, unit)

    def forecast(self, state: State, ahead: np.ndarray) -> np.ndarray:
        leads = ahead.shape[1]
        missing = max(0, self.horizon - leads)  # of static covariates, the same in all rows
        ahead = np.concatenate([ahead, np.repeat(ahead[:, -1:], missing, axis=1)], axis=1)
        return self._leads(state.arrays[0], state.level, state.unit, ahead)[:, :leads]

    def forecast_origins(
        self, rows: list[Rows], origins: list[np.ndarray], horizon: int
    ) -> list[np.ndarray]:
        found = []
        for one, own in zip(rows, origins, strict=True):
            parts = [np.empty((0, horizon))]
            for first in range(0, len(own), BATCH):
                here = own[first : first + BATCH]
                windows = _drive(one[_behind(here, self.lookback)])
                unit = np.tile(one.unit, (len(here), 1))
                ahead = ahead_of(one, here, self.horizon)
                leads = self._leads(windows, one.last[here, 0], unit, ahead)
                parts.append(leads[:, :horizon])
            found.append(np.concatenate(parts))
        return found

    def _leads(
        self, windows: np.ndarray, level: np.ndarray, unit: np.ndarray, ahead: np.ndarray
    ) -> np.ndarray:
        (scaled,) = self._forecast(self._inputs(windows, ahead))
        target = scaled.astype("float64") * unit[:, 1:] + unit[:, :1]
        return level[:, None] + np.cumsum(target, axis=1) if self.difference else target

    def _batch(self, windows: Rows, ahead: np.ndarray) -> tuple[np.ndarray, ...]:
        return tuple(self._inputs(_drive(windows), ahead))

    def _inputs(self, windows: np.ndarray, ahead: np.ndarray) -> list[np.ndarray]:
        """The network's inputs: the target's window, and what there is beside and ahead."""
        beside = [windows[..., 1:], ahead.astype("float32")]
        return [windows[..., 0], *[array for array in beside if array.shape[-1]]]


class _Windows(Drawn):
    """All windows of a few series that lie inside one of them, in random order."""

    def __init__(
        self,
        rows: list[Rows],
        inputs: Callable[[Rows, np.ndarray], tuple[np.ndarray, ...]],
        lookback: int,
        horizon: int,
        rng: np.random.Generator,
    ):
        super().__init__(rng)
        self.joined, self.inputs, self.lookback = Joined(rows), inputs, lookback
        self.steps = np.arange(1, horizon + 1)
        firsts = self.joined.ends - self.joined.lengths
        self.origins = np.concatenate(
            [
                np.arange(first + lookback - 1, end - 1)
                for first, end in zip(firsts, self.joined.ends, strict=True)
            ]
        )
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.origins) // WINDOWS)

    def __getitem__(self, k: int) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        at = self.shuffled[k * WINDOWS : (k + 1) * WINDOWS]
        leads, inside = self.joined.after(at, self.steps)
        there = inside & ~np.isnan(self.joined.rows.level[leads])
        targets = np.where(there, self.joined.rows.known[leads, 0], np.float32("nan"))
        ahead = np.where(inside[..., None], self.joined.rows.ahead[leads], 0)
        return self.inputs(self.joined.rows[_behind(at, self.lookback)], ahead), targets

    def draw(self) -> None:
        self.shuffled = self.rng.permutation(self.origins)


def _behind(origins: np.ndarray, lookback: int) -> np.ndarray:
    """`(origins, lookback)`: the rows up to each origin."""
    return origins[:, None] + np.arange(1 - lookback, 1)


def _drive(rows: Rows) -> np.ndarray:
    return np.concatenate([rows.known, rows.there, rows.ahead], axis=-1)
