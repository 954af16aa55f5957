"""The settings of a forecaster, and checks of their values and combinations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import (
    ArgumentError,
    ArgumentTypeError,
    flag,
    fraction,
    one_of,
    positive,
    seed_number,
    whole_number,
)
from ...zoo.cells import Feedback
from ...zoo.engines import choose_engine
from ...zoo.factory import TRIED_UNITS, CellLike, cell_factory
from ...zoo.heads import HEADS
from ...zoo.models.segment import WINDOW_NORMALIZATIONS
from ..training.keras_settings import LossLike, OptimizerLike
from ..training.losses import check_values_loss
from ..training.optimizers import SCHEDULES, check_optimizer
from .preprocessing.calendar import check_calendar
from .preprocessing.power import POWERS
from .preprocessing.scaling import SCALINGS
from .strategies.names import STRATEGIES, strategy_name

OURS = {"units", "feedback", "lead", "name", "dtype"}  # cell arguments that the pipeline sets
WHOLE = {"horizon", "lookback", "segment", "units", "layers", "epochs", "patience", "batch_size"}
CHANNELS = ("independent", "embedded", "mixed")
CHOICES: dict[str, Sequence[str]] = {
    "strategy": ["auto", *STRATEGIES],
    "schedule": SCHEDULES,
    "scaling": SCALINGS,
    "transform": ["auto", "none", *POWERS],
    "window_normalization": [*WINDOW_NORMALIZATIONS, "none"],
    "channels": CHANNELS,
    "difference": ["step", "season"],
    "head": [*HEADS],
}


@dataclass(frozen=True)
class Settings:
    """The settings of a `Forecaster`, which documents them; `None` where they follow from data."""

    cell: CellLike
    horizon: int
    layers: int
    strategy: str
    seed: int
    validation: float
    refit: bool
    cell_options: dict[str, Any] | None
    lookback: int | None
    segment: int | None
    units: int | None
    epochs: int | None
    patience: int | None
    early_stopping: bool | None
    batch_size: int | None
    learning_rate: float | None
    schedule: str | None
    ema_momentum: float | None
    dropout: float | None
    calendar: str | Sequence[str] | None
    transform: str | None
    window_normalization: str | None
    linear_lags: int | None
    difference: str | None
    scaling: str
    channels: str
    max_minutes: float | None
    engine: str
    optimizer: OptimizerLike | None
    loss: LossLike | None
    head: str | None

    def __post_init__(self) -> None:
        for name in WHOLE:  # NumPy's whole numbers are as good
            if isinstance(value := getattr(self, name), np.integer):
                object.__setattr__(self, name, int(value))

    @property
    def error(self) -> str:
        """The name of the validation error: of a head the CRPS, which of a number is the MAE."""
        return "mae" if self.head is None else "crps"

    @property
    def linear_path(self) -> bool:
        """Whether the cell has a linear path from its delays to its output: as the given cell or
        `cell_options` says, else if it can, its output has no activation, and is no count."""
        factory, options = cell_factory(self.cell), self.cell_options or {}
        if not factory.by_class:
            return bool(getattr(factory.make(self.units or TRIED_UNITS), "linear_path", False))
        linear = options.get("output_activation") in (None, "linear")
        counts = self.head is not None and HEADS[self.head].counts
        wanted = options.get("linear_path", linear and not counts)
        return factory.takes("linear_path") and bool(wanted)

    def to_dict(self) -> dict[str, Any]:
        """The settings by name, as given."""
        return dict(vars(self))


def check(settings: Settings) -> None:
    """Raises ArgumentError or ArgumentTypeError for a setting that cannot be used."""
    given = {name: value for name, value in vars(settings).items() if value is not None}
    for name in WHOLE & given.keys():
        whole_number(name, given[name])
    seed_number(settings.seed)
    fraction("validation", settings.validation)
    flag("refit", settings.refit)
    if settings.linear_lags is not None:
        whole_number("linear_lags", settings.linear_lags, at_least=0)
    if settings.early_stopping is not None:
        flag("early_stopping", settings.early_stopping)
    for name in ("ema_momentum", "dropout"):
        if name in given:
            fraction(name, given[name])
    for name in ("learning_rate", "max_minutes"):
        if name in given:
            positive(name, given[name])
    if isinstance(settings.difference, bool):
        raise ArgumentError(
            '`difference` must be "step", "season" or None, which takes none. '
            f"Received: difference={settings.difference}"
        )
    for name, allowed in CHOICES.items():
        if name in given:
            one_of(name, given[name], allowed)
    if not isinstance(settings.engine, str):
        raise ArgumentTypeError(f"`engine` must be a name. Received: engine={settings.engine!r}")
    check_optimizer(vars(settings))
    check_values_loss(settings.loss)
    check_calendar(settings.calendar)
    _check_head(settings)
    _check_strategy(settings)
    factory = cell_factory(settings.cell)
    ours = OURS | ({"outputs"} if factory.kind.has_output_layer else set())
    factory.check(settings.units, settings.cell_options, ours)
    factory.check_reads((3,), "the rows of a table")
    named = settings.strategy
    _check_engine(settings, strategy_name(settings.cell, named, settings.layers))


def _check_head(settings: Settings) -> None:
    """Raises ArgumentError, with the reason, where a head contradicts another setting."""
    if settings.head is None:
        return
    head, received = HEADS[settings.head], f"Received: head={settings.head!r}"
    if settings.loss is not None:
        raise ArgumentError(
            f"A head has a loss of its own, its {head.criterion}: leave `loss` or `head` out. "
            f"{received}, loss={settings.loss!r}"
        )
    if not head.counts:
        return
    own = {
        "difference": settings.difference,
        "transform": None if settings.transform == "none" else settings.transform,
        "scaling": "running" if settings.scaling == "running" else None,
        "window_normalization": (
            None if settings.window_normalization == "none" else settings.window_normalization
        ),
    }
    if given := [f"{name}={value!r}" for name, value in own.items() if value is not None]:
        raise ArgumentError(
            "The values of a head for counts are the counts themselves, whole numbers from 0, so "
            "there are no differences, powers, running scales or normalized windows of them: leave "
            f"these out. {received}, {', '.join(given)}"
        )


def _check_strategy(settings: Settings) -> None:
    """Raises ArgumentError, with the reason, where a strategy does not support a setting."""
    strategy, cell = settings.strategy, settings.cell
    name = strategy_name(cell, strategy, settings.layers)
    received = f"Received: strategy={strategy!r}"
    segments: dict[str, Any] = {}
    for key in ("segment", "window_normalization"):
        if given := getattr(settings, key):
            segments[key] = given
    if settings.channels != "independent":
        segments["channels"] = settings.channels
    if segments:
        values = ", ".join(f"{key}={value!r}" for key, value in segments.items())
        if strategy not in ("segment", "auto"):
            raise ArgumentError(
                'Only `strategy="segment"` reads segments, normalized windows, and channels '
                f"together. {received}, {values}"
            )
        strategy_name(cell, "segment", settings.layers)
        name, received = "segment", f"{received}, {values}"
    if settings.segment and settings.lookback and settings.segment > settings.lookback:
        raise ArgumentError(
            "`lookback` must hold at least one segment. "
            f"Received: lookback={settings.lookback}, segment={settings.segment}"
        )
    if settings.window_normalization not in (None, "none") and settings.difference:
        raise ArgumentError(
            "Differences have no level to subtract: leave `window_normalization` or `difference` "
            "out. "
            f"Received: window_normalization={settings.window_normalization!r}, "
            f"difference={settings.difference!r}"
        )
    if settings.scaling == "running" and name != "stateful":
        why = (
            'normalizes each window itself (`window_normalization="instance"`)'
            if name == "segment"
            else "would have to update the statistics by its own forecasts"
        )
        raise ArgumentError(f"A {name} network {why}. {received}, scaling='running'")
    counts = settings.head is not None and HEADS[settings.head].counts
    if settings.linear_lags and (name != "stateful" or counts):
        why = "with a head of counts has none" if counts else f"that is {name} has none"
        raise ArgumentError(
            f"`linear_lags` are read by stateful networks of values: a network {why}; a NARX cell "
            f"has its own linear path, over its delays. {received}, "
            f"linear_lags={settings.linear_lags}, head={settings.head!r}"
        )
    if settings.dropout and name == "closed_loop":
        raise ArgumentError(
            "A closed loop reads its own forecasts, so nothing of them may be dropped in training "
            f"only: dropout must be 0. Received: dropout={settings.dropout}"
        )


def _check_engine(settings: Settings, strategy: str) -> None:
    """Raises ArgumentError, with the reason, where an engine cannot run the loops of a strategy."""
    if settings.engine == "auto":
        return
    factory = cell_factory(settings.cell)
    cell = factory.make(settings.units or TRIED_UNITS, **settings.cell_options or {})
    steps = 1 if strategy == "segment" else None  # the others read series of any length
    if strategy == "closed_loop" and not factory.kind.has_feedback_delays:
        cell = Feedback([cell], cell.output_size if factory.kind.has_output_layer else 1)
    choose_engine(settings.engine, cell, steps)
