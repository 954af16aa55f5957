"""Settings of a forecaster: what is allowed, and what follows from the data."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...datasets import Series, require_rows
from ...errors import fraction, whole_number
from .architectures import architecture_name

if TYPE_CHECKING:
    from .forecaster import Forecaster


@dataclass(frozen=True)
class Plan:
    """How the rows given to `fit` are used.

    Attributes:
        lookback: rows over which errors are propagated back.
        training: rows that train, the first ones.
        held_out: rows that choose the weights, the last ones.
    """

    lookback: int
    training: int
    held_out: int


def plan(settings: dict[str, Any], series: Series) -> Plan:
    """Divides a series by time into a training and a validation span.

    Raises:
        DataError: it is too short for that.
    """
    horizon = settings["horizon"]
    lookback = settings["lookback"] or _default_lookback(series, horizon)
    held_out = max(horizon, round(settings["validation"] * len(series)))
    require_rows(
        series,
        held_out + lookback + horizon,
        f"look-back {lookback} + horizon {horizon} to train on, {held_out} to validate on",
    )
    return Plan(lookback, len(series) - held_out, held_out)


def check(settings: dict[str, Any]) -> None:
    """Raises ArgumentError or ArgumentTypeError for a setting that cannot be used."""
    for name in ("horizon", "units", "layers", "epochs", "patience"):
        whole_number(name, settings[name])
    if settings["lookback"] is not None:
        whole_number("lookback", settings["lookback"])
    whole_number("seed", settings["seed"], at_least=0)
    fraction("validation", settings["validation"])
    fraction("learning_rate", settings["learning_rate"])
    architecture_name(settings["cell"], settings["architecture"], settings["layers"])


def described(forecaster: "Forecaster", plan: Plan) -> dict[str, Any]:
    """Parameters for a recorder: every setting as it was used."""
    schema = forecaster.schema_
    return forecaster.get_params() | {
        "architecture": forecaster.architecture_.name,
        "lookback": plan.lookback,
        "cell_options": str(forecaster.cell_options or {}),
        "dataset": schema.name,
        "target": schema.target,
        "past": ",".join(schema.past),
        "future": ",".join(schema.future),
        "frequency": schema.frequency,
        "season": schema.season,
        "split.training_rows": plan.training,
        "split.validation_rows": plan.held_out,
        "parameters": int(forecaster.architecture_.network.count_params()),
    }


def _default_lookback(series: Series, horizon: int) -> int:
    """Four horizons, or two seasons where they are short, but at most a tenth of the rows."""
    season = series.schema.season
    wanted = max(4 * horizon, 2 * season if season <= 168 else 0, 8)
    return max(1, min(wanted, len(series) // 10))
