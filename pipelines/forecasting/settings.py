"""Settings of a forecaster: what is allowed, and what follows from the data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

from ...datasets import Panel, require_rows
from ...errors import ArgumentError, flag, fraction, one_of, positive, seed_number, whole_number
from ...zoo.cells import CELLS
from ...zoo.models.segment import NORMALISATIONS
from ..options import check_options
from ..power import POWERS
from ..training import SCHEDULES
from .architectures import LEARNING_RATES, architecture_name
from .calendar import check_calendar

if TYPE_CHECKING:
    from .forecaster import Forecaster


OURS = {"units", "feedback", "lead", "name", "dtype"}  # arguments of a cell that are set for it


@dataclass(frozen=True)
class Plan:
    """How the rows given to `fit` are used.

    Attributes:
        lookback: rows over which errors are propagated back.
        training: rows of each series that train, the first ones.
        held_out: rows of each that choose the weights, the last ones.
    """

    lookback: int
    training: list[int]
    held_out: list[int]


def plan(settings: dict[str, Any], panel: Panel, reserved: int | Sequence[int] = 0) -> Plan:
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
    lookback = settings["lookback"] or _default_lookback(min(rows), horizon, panel.schema.season)
    held_out = [max(horizon, round(settings["validation"] * count)) for count in rows]
    for series, last, test in zip(panel, held_out, kept, strict=True):
        why = f"look-back {lookback} + horizon {horizon} to train on, {last} to validate on"
        if test:
            why += f", {test} to test on"
        require_rows(series, lookback + horizon + last + test, why, among=len(panel))
    training = [count - last for count, last in zip(rows, held_out, strict=True)]
    return Plan(int(lookback), training, held_out)


def check(settings: dict[str, Any]) -> None:
    """Raises ArgumentError or ArgumentTypeError for a setting that cannot be used."""
    for name in ("horizon", "units", "layers", "epochs", "patience"):
        whole_number(name, settings[name])
    if settings["lookback"] is not None:
        whole_number("lookback", settings["lookback"])
    flag("difference", settings["difference"])
    seed_number(settings["seed"])
    fraction("validation", settings["validation"])
    if settings["learning_rate"] is not None:
        positive("learning_rate", settings["learning_rate"])
    one_of("schedule", settings["schedule"], SCHEDULES)
    fraction("averaging", settings["averaging"])
    fraction("dropout", settings["dropout"])
    check_calendar(settings["calendar"])
    if settings["transform"] is not None:
        one_of("transform", settings["transform"], POWERS)
    one_of("normalisation", settings["normalisation"], NORMALISATIONS)
    if settings["normalisation"] != "last" and settings["architecture"] != "segment":
        raise ArgumentError(
            'Only `architecture="segment"` normalises windows. '
            f"Received: normalisation={settings['normalisation']!r}"
        )
    architecture_name(settings["cell"], settings["architecture"], settings["layers"])
    ours = OURS | ({"outputs"} if CELLS[settings["cell"]].reads_out else set())
    check_options(settings["cell"], settings["units"], settings["cell_options"], ours)


def described(forecaster: "Forecaster", plan: Plan) -> dict[str, Any]:
    """Parameters for a recorder: every setting as it was used."""
    schema = forecaster.schema_
    return forecaster.get_params() | {
        "architecture": forecaster.architecture_.name,
        "lookback": plan.lookback,
        "learning_rate": forecaster.learning_rate or LEARNING_RATES[forecaster.architecture_.name],
        "calendar": ",".join(forecaster.transform_.cycles_),
        "cell_options": str(forecaster.cell_options or {}),
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
        "weights": trained(forecaster.architecture_.network),
    }


def trained(network: keras.Model) -> int:
    """How many weights are trained."""
    return sum(math.prod(weight.shape) for weight in network.trainable_weights)


def _default_lookback(rows: int, horizon: int, season: int) -> int:
    """Four horizons, or two seasons where they are short, but at most a quarter of the rows."""
    wanted = max(4 * horizon, 2 * season if season <= 168 else 0, 8)
    return max(1, min(wanted, rows // 4))
