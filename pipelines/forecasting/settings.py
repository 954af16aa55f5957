"""Settings of a forecaster: what is allowed, and what follows from the data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

from ...datasets import TimeSeriesPanel, require_rows
from ...errors import (
    ArgumentError,
    fraction,
    one_of,
    positive,
    seed_number,
    whole_number,
)
from ...zoo.factory import cell_factory
from ...zoo.models.segment import WINDOW_NORMALIZATIONS
from ..training.losses import check_values_loss
from ..training.optimizers import SCHEDULES, check_optimizer
from .preprocessing.calendar import check_calendar
from .preprocessing.power import POWERS
from .preprocessing.scaling import SCALINGS
from .recipe import Recipe
from .strategies.base import STRATEGIES, check_engine, strategy_name

if TYPE_CHECKING:
    from .forecaster import Forecaster


OURS = {"units", "feedback", "lead", "name", "dtype"}  # arguments of a cell that are set for it
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
}


@dataclass(frozen=True)
class Plan:
    """How the rows given to `fit` are used.

    Attributes:
        recipe: every setting that follows from the data.
        training: rows of each series that train, the first ones.
        held_out: rows of each that choose the weights, the last ones.
        unknown: first rows of each that train nothing, for their seasonal differences are not
            known.
    """

    recipe: Recipe
    training: list[int]
    held_out: list[int]
    unknown: int

    @property
    def lookback(self) -> int:
        """Rows over which errors are propagated back."""
        return self.recipe.lookback


def plan(
    settings: dict[str, Any], panel: TimeSeriesPanel, reserved: int | Sequence[int] = 0
) -> Plan:
    """Divides each series by time into a training and a validation span.

    Args:
        settings: of a forecaster.
        panel: all rows that there are.
        reserved: rows at the end of each that are kept for a test; one number for all, or
            one for each.

    Raises:
        DataError: a series is too short for that.
    """
    horizon = int(settings["horizon"])
    kept = [reserved] * len(panel) if isinstance(reserved, int) else list(reserved)
    rows = [max(0, len(series) - test) for series, test in zip(panel, kept, strict=True)]
    held_out = [max(horizon, round(settings["validation"] * count)) for count in rows]
    training = [max(1, count - last) for count, last in zip(rows, held_out, strict=True)]
    recipe = Recipe.followed(settings, training, panel.schema.season)
    lookback = recipe.lookback
    unknown = panel.schema.season if settings["difference"] == "season" else 0
    for series, last, test in zip(panel, held_out, kept, strict=True):
        why = f"look-back {lookback} + horizon {horizon} to train on, {last} to validate on"
        if test:
            why += f", {test} to test on"
        if unknown:
            why += f", {unknown} to take differences from"
        needed = lookback + horizon + last + test + unknown
        require_rows(series, needed, why, among=len(panel))
    return Plan(recipe, training, held_out, unknown)


def check(settings: dict[str, Any]) -> None:
    """Raises ArgumentError or ArgumentTypeError for a setting that cannot be used."""
    given = {name: value for name, value in settings.items() if value is not None}
    for name in WHOLE & given.keys():
        whole_number(name, given[name])
    seed_number(settings["seed"])
    fraction("validation", settings["validation"])
    for name in ("ema_momentum", "dropout"):
        if name in given:
            fraction(name, given[name])
    for name in ("learning_rate", "max_minutes"):
        if name in given:
            positive(name, given[name])
    for name, allowed in CHOICES.items():
        if name in given:
            one_of(name, given[name], allowed)
    check_optimizer(settings)
    check_values_loss(settings["loss"])
    check_calendar(settings["calendar"])
    _check_architecture(settings)
    factory = cell_factory(settings["cell"])
    ours = OURS | ({"outputs"} if factory.kind.has_output_layer else set())
    factory.check(settings["units"], settings["cell_options"], ours)
    factory.check_reads((3,), "the rows of a table")
    named = settings["strategy"]
    check_engine(settings, strategy_name(settings["cell"], named, settings["layers"]))


def described(forecaster: "Forecaster", plan: Plan) -> dict[str, Any]:
    """Parameters for a recorder: every setting as it was used; those that are unset left out."""
    schema = forecaster.schema_
    told = (
        forecaster.get_params()
        | plan.recipe.to_dict()
        | {
            "calendar": ",".join(forecaster.transform_.cycles_),
            "transform": forecaster.transform_.power_,
            "cell": forecaster.cell_name,
            "cell_options": str(forecaster.cell_options or {}),
            "sample_weight": _weights(forecaster),
            "dataset": schema.name,
            "target": schema.target,
            "past": ",".join(schema.past),
            "future": ",".join(schema.future),
            "static": ",".join(schema.static),
            "series": len(plan.training),
            "frequency": schema.frequency,
            "season": schema.season,
            "split.training_rows": sum(plan.training),
            "split.validation_rows": sum(plan.held_out),
            "weights": trained(forecaster.strategy_.network),
        }
    )
    return {key: value for key, value in told.items() if value is not None}


def _weights(forecaster: "Forecaster") -> str | None:
    """Where the weights of rows come from, if there are any."""
    from_table, by_series = forecaster.schema_.weight, forecaster.sample_weight_ is not None
    told = [*([from_table] if from_table else []), *(["by series"] if by_series else [])]
    return ", ".join(told) or None


def trained(network: keras.Model) -> int:
    """How many weights are trained."""
    return sum(math.prod(weight.shape) for weight in network.trainable_weights)


def _check_architecture(settings: dict[str, Any]) -> None:
    """Raises ArgumentError where an strategy cannot take a setting, and says why."""
    asked, cell = settings["strategy"], settings["cell"]
    name = strategy_name(cell, asked, settings["layers"])
    received = f"Received: strategy={asked!r}"
    segments = {key: settings[key] for key in ("segment", "window_normalization") if settings[key]}
    if settings["channels"] != "independent":
        segments["channels"] = settings["channels"]
    if segments:
        told = ", ".join(f"{key}={value!r}" for key, value in segments.items())
        if asked not in ("segment", "auto"):
            raise ArgumentError(
                'Only `strategy="segment"` reads segments, windows that can be normalized, and '
                f"channels side by side. {received}, {told}"
            )
        strategy_name(cell, "segment", settings["layers"])
        name, received = "segment", f"{received}, {told}"
    if settings["segment"] and settings["lookback"] and settings["segment"] > settings["lookback"]:
        raise ArgumentError(
            "`lookback` must hold at least one segment. "
            f"Received: lookback={settings['lookback']}, segment={settings['segment']}"
        )
    if settings["window_normalization"] not in (None, "none") and settings["difference"]:
        raise ArgumentError(
            "Differences have no level to take off: leave `window_normalization` or `difference` "
            "out. "
            f"Received: window_normalization={settings['window_normalization']!r}, "
            f"difference={settings['difference']!r}"
        )
    if settings["scaling"] == "running" and name != "stateful":
        why = (
            'normalizes each window itself (`window_normalization="instance"`)'
            if name == "segment"
            else "would have to move the statistics with its own forecasts"
        )
        raise ArgumentError(f"A {name} network {why}. {received}, scaling='running'")
    if settings["dropout"] and name == "closed_loop":
        raise ArgumentError(
            "A closed loop forecasts with what it has just forecast, so nothing of it may be left "
            f"out in training alone: dropout must be 0. Received: dropout={settings['dropout']}"
        )
