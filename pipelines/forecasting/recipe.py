"""The recipe of a fit: the values of settings that are left to the data.

`docs/recipe.md` has a table of the rules, with the evidence for each.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ...zoo.factory import cell_factory
from ...zoo.heads import HEADS
from ..training import losses, optimizers
from ..training.keras_settings import MAY_BE_OBJECTS
from ..training.windows import shortest_window
from .settings import Settings
from .strategies.names import strategy_name
from .strategies.tbptt import STREAMS, WIDE

LONGEST = 48  # most rows of a segment by default
SHORT = 12  # rows of a segment where the season is 1, or longer than LONGEST
SEGMENTS = 30  # most segments in a look-back
FEW_LAGS = 8  # lags of the linear path of a series without a season
WEEK_OF_HOURS = 168  # longest season of which the look-back of a stateful network holds two
FEW = 1_000  # training rows up to which a validation is too small to choose an epoch by
SOME_STEPS = 1_000  # training steps of a stateful network of neither few nor many rows, about
MOST_PASSES = 1_000  # most epochs of these
MUCH = 10_000  # training rows from which on a network is wide and its schedule a cosine
MANY = 100  # series from which on their number prevents overfitting
STEPS = 1500  # approximate steps in an epoch of windows, with batches up to LARGEST
LEARNT = 5000  # steps in which a segment network of few series converges
MOST = 300  # most epochs of a segment network
SMALLEST, LARGEST = 64, 512  # windows in a training step
READ = 2_000_000  # rows that a stateful network reads in a long fit, in all epochs


@dataclass(frozen=True)
class Recipe:
    """All settings that follow from the data, as used.

    Attributes:
        strategy: `"stateful"`, `"closed_loop"` or `"segment"`.
        why: reason for the strategy, in a sentence.
        lookback: number of rows over which errors are propagated back, and in the window of a
            segment network.
        segment: number of rows that a segment network reads and forecasts at once.
        units: width of the cells.
        batch_size: windows, or parallel spans of the series, in a training step.
        epochs: largest number of epochs.
        patience: epochs without a better validation error before training ends.
        early_stopping: whether the weights with the smallest validation error are taken, or the
            last ones.
        learning_rate: largest learning rate.
        schedule: name in `SCHEDULES`, or the class of an optimizer object's own schedule.
        ema_momentum: momentum of the exponential moving average of the weights; 0 for none.
        dropout: share of the state that is dropped before the head in training.
        window_normalization: for the windows of a segment network: `"last"`, `"instance"`, or
            `"none"` where it reads differences.
        linear_lags: number of last rows that the linear path of a stateful network reads.
        calendar: `"auto"`, or names of cycles.
        transform: transform of the target; `"none"` for none.
        optimizer: optimizer as text, such as `"adam"` or `"SGD(learning_rate=0.1)"`. An object
            or a config has its own learning rate, schedule and averages, shown above.
        loss: loss as text.
        delays: delays of the cell of a closed loop, `input_delays` and `feedback_delays`, if it has
            such and they are not given; chosen from the training rows.
    """

    strategy: str
    why: str
    lookback: int
    segment: int
    units: int
    batch_size: int
    epochs: int
    patience: int
    early_stopping: bool
    learning_rate: float
    schedule: str
    ema_momentum: float
    dropout: float
    window_normalization: str
    linear_lags: int
    calendar: Any
    transform: str
    optimizer: str
    loss: str
    delays: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def from_data(cls, settings: Settings, training: Sequence[int], season: int) -> "Recipe":
        """Takes the settings that are given, and derives those that are `None` from the data.

        Args:
            settings: settings of a forecaster.
            training: number of training rows of each series.
            season: number of rows in a season.
        """
        names = [field.name for field in fields(cls) if field.name not in MAY_BE_OBJECTS]
        given = {k: v for k, v in vars(settings).items() if k in names and v is not None}
        own_units = cell_factory(settings.cell).own_units
        if own_units is not None:
            given["units"] = own_units
        given["strategy"], why = choose_strategy(settings, training, season)
        rule = _segment_rules if given["strategy"] == "segment" else _stateful_rules
        rules = rule(settings, given, training, season)
        if given["strategy"] == "segment" and "lookback" in given:
            w = given.setdefault("segment", rules["segment"])
            given["lookback"] = max(w, given["lookback"] // w * w)
        head = None if settings.head is None else HEADS[settings.head]
        if head is not None and head.counts:  # their distribution is that of the counts themselves
            rules |= {"window_normalization": "none", "transform": "none", "linear_lags": 0}
        if settings.difference:  # differences have no level to subtract
            rules["window_normalization"] = "none"
        used = {
            "optimizer": optimizers.described(settings.optimizer),
            "loss": losses.described(settings.loss, "mae" if head is None else head.criterion),
        }
        return cls(
            **rules | {"why": why} | given | used | optimizers.own_settings(settings.optimizer)
        )

    def to_dict(self) -> dict[str, Any]:
        values = asdict(self)
        return values if self.delays else {k: v for k, v in values.items() if k != "delays"}

    @property
    def needed(self) -> int:
        """The least rows of history of a forecast: the look-back, or a segment of its window, whose
        other rows are filled up where a series is shorter."""
        return self.segment if self.strategy == "segment" else self.lookback

    @property
    def reach(self) -> str:
        """What `needed` is, and its number, as text."""
        what = "segment" if self.strategy == "segment" else "look-back"
        return f"{what} {self.needed}"


def choose_strategy(settings: Settings, training: Sequence[int], season: int) -> tuple[str, str]:
    """Chooses the strategy, and gives the reason.

    `"auto"` takes the first that the cell supports. Where that is the stateful one, it takes
    segments instead, unless there are few rows, or one long series and a short horizon.
    """
    cell, strategy, layers = settings.cell, settings.strategy, settings.layers
    name = strategy_name(cell, strategy, layers)
    if strategy != "auto":
        return name, "as set"
    if settings.segment or settings.window_normalization or settings.channels != "independent":
        return "segment", "only this one reads segments, normalized windows, or channels together"
    if name != "stateful":
        return name, f"`{cell_factory(cell).name}` feeds back its output"
    rows, horizon = sum(training), settings.horizon
    w = segment_rows(season, horizon)
    if settings.difference or settings.scaling == "running":
        return name, "differences and running scales need a carried state"
    if rows < FEW:
        return name, f"{rows:,} rows are too few to learn from windows"
    if rows >= MUCH and len(training) == 1 and horizon < 2 * w:
        return name, f"{horizon} leads are less than two segments of {w}, and a state reads on"
    if default_window(training, horizon, w) < 2 * w:
        return name, f"too many series have too few rows for a window and {horizon} leads"
    if rows < MUCH:
        return "segment", f"{rows:,} rows are too few to learn a state that is carried"
    if len(training) > 1:
        return "segment", f"{len(training)} series are read alike, in the units of each window"
    return "segment", f"{horizon} leads are two segments of {w} or more"


def segment_rows(season: int, horizon: int) -> int:
    """The default number of rows in a segment: a season, or the longest part that divides a long
    one and does not exceed the horizon."""
    if 1 < season <= LONGEST:
        return season
    parts = [w for w in range(SHORT, min(LONGEST, horizon) + 1) if season > 1 and season % w == 0]
    return max(parts, default=SHORT)


def default_lookback(rows: int, horizon: int, season: int) -> int:
    """The default look-back: four horizons, or two short seasons, but at most a quarter of the
    rows."""
    wanted = max(4 * horizon, 2 * season if season <= WEEK_OF_HOURS else 0, 8)
    return max(1, min(wanted, rows // 4))


def linear_lags(strategy: str, difference: str | None, lookback: int, season: int) -> int:
    """The default number of lags of the linear path: two short seasons and a row, or one season
    and a row of its differences; at most the look-back. Closed loops have none."""
    if strategy != "stateful":
        return 0
    seasons = 1 if difference == "season" else 2
    wanted = seasons * season + 1 if 1 < season <= WEEK_OF_HOURS else FEW_LAGS
    return min(wanted, lookback)


def default_window(training: Sequence[int], horizon: int, w: int) -> int:
    """The default window, in rows: `SEGMENTS` segments, but at most half of a series that three
    quarters of the others are not shorter than."""
    rows = sorted(training)[len(training) // 4]
    return w * max(1, min(SEGMENTS, min(rows // 2, rows - horizon) // w))


def _segment_rules(
    settings: Settings, given: dict[str, Any], training: Sequence[int], season: int
) -> dict[str, Any]:
    horizon = settings.horizon
    many, much = len(training) >= MANY, sum(training) >= MUCH
    w = given.get("segment") or segment_rows(season, horizon)
    lookback = given.get("lookback") or default_window(training, horizon, w)
    w = min(w, lookback)
    windows = sum(max(1, rows - shortest_window(rows, lookback, w)) for rows in training)
    even = 2 ** round(math.log2(max(1, windows / STEPS)))
    batch_size = given.get("batch_size") or min(LARGEST, max(SMALLEST, even))
    fewest = 10 if many else 6
    epochs = min(MOST, max(fewest, round(LEARNT * batch_size / windows)))
    epochs = given.get("epochs") or epochs
    # too few steps for a small learning rate or averages
    few = epochs * windows / batch_size < LEARNT / 2
    return {
        "lookback": lookback,
        "segment": w,
        "units": 128 if much else 32,
        "batch_size": batch_size,
        "epochs": epochs,
        "patience": epochs if many else max(3, epochs // 2),
        "early_stopping": True,
        "learning_rate": 0.001 if many or few else 0.0003,
        "schedule": "cosine",
        "ema_momentum": 0.0 if few else 0.998 if many else 0.99,
        "dropout": 0.0 if many else 0.3,
        "window_normalization": "instance" if many else "last",
        "linear_lags": 0,
        "calendar": [],
        "transform": "auto" if many or not much else "none",
    }


def _stateful_rules(
    settings: Settings, given: dict[str, Any], training: Sequence[int], season: int
) -> dict[str, Any]:
    rows, stateful = sum(training), given["strategy"] == "stateful"
    closed = settings.linear_path and not stateful  # a closed loop that starts at least squares
    much, few = stateful and rows >= MUCH, (stateful or closed) and rows < FEW
    gentle = few or closed  # leaves a linear start slowly
    lookback = given.get("lookback") or default_lookback(min(training), settings.horizon, season)
    if closed and "lookback" not in given:  # room for delays to choose from
        lookback = max(lookback, min(2 * SHORT, min(training) // 4))
    batch_size = STREAMS if len(training) == 1 else WIDE
    steps = max(1, rows // (lookback * given.get("batch_size", batch_size)))
    epochs = min(40, max(10, READ // rows)) if much else 100
    if not (much or few):
        epochs = min(MOST_PASSES, max(epochs, SOME_STEPS // steps))
    epochs = given.get("epochs") or epochs
    return {
        "lookback": lookback,
        "segment": segment_rows(season, settings.horizon),
        "units": 64 if much else 32,
        "batch_size": batch_size,
        "epochs": epochs,
        "patience": epochs if much or gentle else max(15, epochs // 5),
        "early_stopping": not gentle,
        "learning_rate": 0.003 if gentle else 0.01,
        "schedule": "cosine" if much or gentle else "plateau",
        "ema_momentum": 0.98 if much else 0.0,
        "dropout": 0.0,
        "window_normalization": "none",
        "linear_lags": linear_lags(given["strategy"], settings.difference, lookback, season),
        "calendar": "auto" if much else [],
        "transform": "none",
    }
