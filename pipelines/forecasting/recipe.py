"""The recipe of a fit: what is used where the settings leave it to the data.

`docs/recipe.md` has the rules in a table, and the evidence for each.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from ...zoo.factory import cell_factory
from ..training import losses, optimizers
from ..training.keras_settings import MAY_BE_OBJECTS
from .settings import Settings
from .strategies.names import strategy_name
from .strategies.tbptt import STREAMS, WIDE

LONGEST = 48  # rows a segment has unasked, at most
SHORT = 12  # rows where there is no season so long
SEGMENTS = 30  # in a look-back, at most
WEEK_OF_HOURS = 168  # the longest season of which a stateful network is trained on two at once
MUCH = 10_000  # rows of training from which on a network is wide and learns by a cosine
MANY = 100  # series from which on their number alone keeps a network from learning by heart
STEPS = 1500  # in an epoch of windows, about, where batches need not be larger than LARGEST
LEARNT = 5000  # steps after which a segment network of few series has learnt what it can
MOST = 300  # epochs of it
SMALLEST, LARGEST = 64, 512  # windows in a step of training
READ = 2_000_000  # rows that a stateful network reads in a long fit, all epochs together


@dataclass(frozen=True)
class Recipe:
    """Every setting that follows from the data, as it was used.

    Attributes:
        strategy: `"stateful"`, `"closed_loop"` or `"segment"`.
        why: that one, in a sentence.
        lookback: rows over which errors are propagated back, and a segment network's window.
        segment: rows that a segment network reads and forecasts at once.
        units: width of the cells.
        batch_size: windows, or spans read side by side, in a step of training.
        epochs: at most.
        patience: epochs without a better validation error before training ends.
        learning_rate: the largest.
        schedule: in `SCHEDULES`.
        ema_momentum: share of the running average of weights kept in each step.
        dropout: share of what the head does not see in training.
        window_normalization: of a segment network's windows: `"last"`, `"instance"`, or
            `"none"` of one that reads differences.
        calendar: `"auto"`, or names of cycles.
        transform: of the target, `"none"` for none.
        optimizer: in short, such as `"adam"` or `"SGD(learning_rate=0.1)"`. One that was given
            as an object or a config brings learning rate, schedule (its class, or `"plateau"`
            for none) and averages of weights.
        loss: in short.
    """

    strategy: str
    why: str
    lookback: int
    segment: int
    units: int
    batch_size: int
    epochs: int
    patience: int
    learning_rate: float
    schedule: str
    ema_momentum: float
    dropout: float
    window_normalization: str
    calendar: Any
    transform: str
    optimizer: str
    loss: str

    @classmethod
    def followed(cls, settings: Settings, training: Sequence[int], season: int) -> "Recipe":
        """The settings that are given, and for those that are `None` what follows from the data.

        Args:
            settings: of a forecaster.
            training: rows of each series that train.
            season: rows of a season.
        """
        names = [field.name for field in fields(cls) if field.name not in MAY_BE_OBJECTS]
        given = {k: v for k, v in vars(settings).items() if k in names and v is not None}
        own_units = cell_factory(settings.cell).own_units
        if own_units is not None:
            given["units"] = own_units
        given["strategy"], why = chosen_strategy(settings, training, season)
        rule = _segment if given["strategy"] == "segment" else _read_on
        rules = rule(given, settings.horizon, training, season)
        if given["strategy"] == "segment" and "lookback" in given:
            w = given.setdefault("segment", rules["segment"])
            given["lookback"] = max(w, given["lookback"] // w * w)
        if settings.difference:  # differences have no level to take off
            rules["window_normalization"] = "none"
        used = {
            "optimizer": optimizers.described(settings.optimizer),
            "loss": losses.described(settings.loss, "mae"),
        }
        return cls(
            **rules | {"why": why} | given | used | optimizers.own_settings(settings.optimizer)
        )

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def chosen_strategy(settings: Settings, training: Sequence[int], season: int) -> tuple[str, str]:
    """A strategy, and why that one.

    `"auto"` takes the natural one of the cell; of a cell that reads on and on, segments where
    the horizon has two or more of them, each series two more than that to read, and all of them
    together much to learn from.
    """
    cell, asked, layers = settings.cell, settings.strategy, settings.layers
    name = strategy_name(cell, asked, layers)
    if asked != "auto":
        return name, "as asked for"
    if settings.segment or settings.window_normalization or settings.channels != "independent":
        return "segment", "no other reads segments, normalized windows, or channels side by side"
    if name != "stateful":
        return name, f"`{cell_factory(cell).name}` feeds back what it puts out"
    w, horizon = settings.segment or segment_rows(season), settings.horizon
    if settings.difference or settings.scaling == "running":
        return name, "what it reads of a series that wanders is carried along"
    if horizon < 2 * w:
        return name, f"{horizon} leads are less than two segments of {w}"
    if sum(training) < MUCH:
        return name, f"{sum(training):,} rows are too few for a window to be worth its weights"
    if _window(training, horizon, w) < 2 * w:
        return name, f"the shortest series has too few rows for a window and {horizon} leads"
    return "segment", f"{horizon} leads are two segments of {w} or more"


def segment_rows(season: int) -> int:
    """Rows of a segment: a season, where there is one that is not too long."""
    return season if 1 < season <= LONGEST else SHORT


def default_lookback(rows: int, horizon: int, season: int) -> int:
    """Four horizons, or two seasons where they are short, but at most a quarter of the rows."""
    wanted = max(4 * horizon, 2 * season if season <= WEEK_OF_HOURS else 0, 8)
    return max(1, min(wanted, rows // 4))


def _window(training: Sequence[int], horizon: int, w: int) -> int:
    """Whole segments: `SEGMENTS` of them, but at most half of the shortest series."""
    return w * min(SEGMENTS, min(min(training) // 2, min(training) - horizon) // w)


def _segment(
    given: dict[str, Any], horizon: int, training: Sequence[int], season: int
) -> dict[str, Any]:
    many, much = len(training) >= MANY, sum(training) >= MUCH
    w = given.get("segment") or segment_rows(season)
    lookback = given.get("lookback") or max(1, _window(training, horizon, w))
    w = min(w, lookback)
    windows = sum(max(1, rows - lookback) for rows in training)
    even = 2 ** round(math.log2(max(1, windows / STEPS)))
    batch_size = given.get("batch_size") or min(LARGEST, max(SMALLEST, even))
    fewest = 10 if many else 6
    epochs = min(MOST, max(fewest, round(LEARNT * batch_size / windows)))
    epochs = given.get("epochs") or epochs
    few = epochs * windows / batch_size < LEARNT / 2  # steps: too few for a small rate, or averages
    return {
        "lookback": lookback,
        "segment": w,
        "units": 128 if much else 32,
        "batch_size": batch_size,
        "epochs": epochs,
        "patience": epochs if many else max(3, epochs // 2),
        "learning_rate": 0.001 if many or few else 0.0003,
        "schedule": "cosine",
        "ema_momentum": 0.0 if few else 0.998 if many else 0.99,
        "dropout": 0.0 if many else 0.3,
        "window_normalization": "instance" if many else "last",
        "calendar": [],
        "transform": "auto" if many else "none",
    }


def _read_on(
    given: dict[str, Any], horizon: int, training: Sequence[int], season: int
) -> dict[str, Any]:
    rows = sum(training)
    much = rows >= MUCH and given["strategy"] == "stateful"
    epochs = given.get("epochs") or (min(40, max(10, READ // rows)) if much else 100)
    return {
        "lookback": default_lookback(min(training), horizon, season),
        "segment": segment_rows(season),
        "units": 64 if much else 32,
        "batch_size": STREAMS if len(training) == 1 else WIDE,
        "epochs": epochs,
        "patience": epochs if much else 15,
        "learning_rate": 0.01,
        "schedule": "cosine" if much else "plateau",
        "ema_momentum": 0.98 if much else 0.0,
        "dropout": 0.0,
        "window_normalization": "none",
        "calendar": "auto" if much else [],
        "transform": "none",
    }
