"""The arguments of a `Forecaster`, and what follows from them before any fit."""

from collections.abc import Sequence
from typing import Any

from ...datasets import Schema, TimeSeries, TimeSeriesPanel
from ...zoo.factory import CellLike, cell_factory
from ..estimator import BaseEstimator
from ..training.keras_settings import LossLike, OptimizerLike
from .plan import Plan, plan
from .preprocessing.transform import Transform
from .settings import Settings, check


class Parameters(BaseEstimator):
    """Arguments of a `Forecaster`, which documents them; stored as they are given."""

    def __init__(
        self,
        cell: CellLike = "gru",
        horizon: int = 1,
        lookback: int | None = None,
        units: int | None = None,
        layers: int = 1,
        strategy: str = "auto",
        seed: int = 0,
        validation: float = 0.2,
        refit: bool = True,
        cell_options: dict[str, Any] | None = None,
        segment: int | None = None,
        epochs: int | None = None,
        patience: int | None = None,
        early_stopping: bool | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        schedule: str | None = None,
        ema_momentum: float | None = None,
        dropout: float | None = None,
        calendar: str | Sequence[str] | None = None,
        transform: str | None = None,
        window_normalization: str | None = None,
        linear_lags: int | None = None,
        difference: str | None = None,
        scaling: str = "z-score",
        channels: str = "independent",
        max_minutes: float | None = None,
        engine: str = "auto",
        optimizer: OptimizerLike | None = None,
        loss: LossLike | None = None,
        head: str | None = None,
    ):
        self.cell = cell
        self.horizon = horizon
        self.lookback = lookback
        self.units = units
        self.layers = layers
        self.strategy = strategy
        self.seed = seed
        self.validation = validation
        self.refit = refit
        self.cell_options = cell_options
        self.segment = segment
        self.epochs = epochs
        self.patience = patience
        self.early_stopping = early_stopping
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.ema_momentum = ema_momentum
        self.dropout = dropout
        self.difference = difference
        self.calendar = calendar
        self.transform = transform
        self.scaling = scaling
        self.window_normalization = window_normalization
        self.linear_lags = linear_lags
        self.channels = channels
        self.max_minutes = max_minutes
        self.engine = engine
        self.optimizer = optimizer
        self.loss = loss
        self.head = head

    @property
    def settings(self) -> Settings:
        """The arguments as one value."""
        return Settings(**self.get_params(deep=False))

    def check(self) -> None:
        """Raises ArgumentError or ArgumentTypeError for a setting that cannot be used."""
        check(self.settings)

    def plan(self, data: TimeSeries | TimeSeriesPanel, reserved: int | Sequence[int] = 0) -> Plan:
        """How `fit` will use the rows of each series, without its last `reserved` rows.

        Raises:
            DataError: a series has too few rows.
        """
        self.check()
        return plan(self.settings, TimeSeriesPanel.of(data), reserved)


def logged_parameters(
    settings: Settings,
    plan: Plan,
    transform: Transform,
    sample_weight: dict[str, float] | None,
    weights: int,
) -> dict[str, Any]:
    """All settings as used, for a recorder; those that are `None` are left out.

    Args:
        settings: checked settings.
        plan: how the rows of the panel are used.
        transform: fitted to the training rows.
        sample_weight: weights of whole series; `None` for none.
        weights: number of trained weights.
    """
    schema = transform.schema
    weighted = [
        *([schema.weight] if schema.weight else []),
        *(["by series"] if sample_weight is not None else []),
    ]
    values = (
        settings.to_dict()
        | plan.recipe.to_dict()
        | {
            "calendar": ",".join(transform.cycles_),
            "transform": transform.power_,
            "cell": cell_factory(settings.cell).name,
            "cell_options": str(settings.cell_options or {}),
            "delays": str(plan.recipe.delays) if plan.recipe.delays else None,
            "sample_weight": ", ".join(weighted) or None,
        }
        | logged_schema(schema, len(plan.training))
        | {
            "split.training_rows": sum(plan.training),
            "split.validation_rows": sum(plan.held_out),
            "weights": weights,
        }
    )
    return {key: value for key, value in values.items() if value is not None}


def logged_schema(schema: Schema, series: int) -> dict[str, Any]:
    """What the columns of a table mean, and its number of series, for a recorder."""
    return {
        "dataset": schema.name,
        "target": schema.target,
        "past": ",".join(schema.past),
        "future": ",".join(schema.future),
        "static": ",".join(schema.static),
        "series": series,
        "frequency": schema.frequency,
        "season": schema.season,
    }
