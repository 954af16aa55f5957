"""The members of an ensemble: their recorder, callbacks, scores, and combined forecasts."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import pandas as pd

from ...datasets import TimeSeriesPanel
from ...errors import ArgumentError
from ..evaluation.conformal import ErrorMemory
from ..recorder import NullRecorder, Recorder
from ..training.callbacks import checked_callbacks
from ..training.keras_settings import plain_settings
from .backtest.result import Backtest
from .fitted import FittedForecaster
from .fitting import TrainedNetwork
from .forecaster import Forecaster
from .past_errors import errors_of_held_out


class MembersRecorder(NullRecorder):
    """Logs the fits of all members as one: their epochs in one sequence, the parameters of the
    first member once, and the numbers of epochs and weights of all.

    Args:
        recorder: what logs.
        shared: parameters of all members together.
        epochs: largest number of epochs of all members.
    """

    def __init__(self, recorder: Recorder, shared: dict[str, Any], epochs: int):
        self.recorder, self.shared = recorder, shared | {"epochs": epochs}
        self.before = self.epochs = self.weights = 0

    def parameters(self, values: dict[str, Any]) -> None:
        if not self.epochs:
            first = {key: value for key, value in values.items() if key != "weights"}
            self.recorder.parameters(first | self.shared)
        self.before += self.epochs
        self.epochs = values["epochs"]
        self.weights += values["weights"]

    def metrics(self, values: dict[str, float], step: int | None = None) -> None:
        self.recorder.metrics(values, None if step is None else self.before + step)

    def finish(self) -> None:
        """Logs the number of weights, once all members are trained."""
        self.recorder.parameters({"weights": self.weights})


def callbacks_of(member: Forecaster, callbacks: Any) -> list[keras.callbacks.Callback]:
    own = callable(callbacks) and not isinstance(callbacks, keras.callbacks.Callback)
    return checked_callbacks(callbacks(member) if own else callbacks, member.settings.error)


def refuse_twins(members: list[Forecaster]) -> None:
    """Refuses two members with the same settings: one network would have double weight."""
    seen: list[dict[str, Any]] = []
    for member in members:
        if (settings := plain_settings(member.get_params())) in seen:
            raise ArgumentError(
                f"Two members are the same network: {member!r}. Give them seeds that lie further "
                "apart, or other settings."
            )
        seen.append(settings)


def member_scores(fitted: list[Forecaster], results: list[Backtest]) -> pd.DataFrame:
    """The scores of each member."""
    return pd.DataFrame(
        [
            {"cell": one.cell_name, "seed": one.seed} | result.errors(result.model)
            for one, result in zip(fitted, results, strict=True)
        ]
    )


def combined_origins(
    members: Sequence[FittedForecaster], aggregate: Callable[[list[np.ndarray]], np.ndarray]
) -> Callable[[TimeSeriesPanel, list[np.ndarray]], list[np.ndarray]]:
    """A function from series, and rows of each, to the combined forecasts from these rows."""

    def forecast(panel: TimeSeriesPanel, origins: list[np.ndarray]) -> list[np.ndarray]:
        each = [member.forecast_origins(panel, origins) for member in members]
        return [aggregate([*own]) for own in zip(*each, strict=True)]

    return forecast


def held_out_errors(
    trained: Sequence[TrainedNetwork],
    members: Sequence[FittedForecaster],
    aggregate: Callable[[list[np.ndarray]], np.ndarray],
) -> ErrorMemory:
    """The errors of the combined forecasts in the rows that trained no member.

    Args:
        trained: networks of the members.
        members: the same as forecasters.
        aggregate: combines their forecasts.
    """
    panel = trained[0].panel
    counts = [one.plan.training for one in trained]
    return errors_of_held_out(
        combined_origins(members, aggregate),
        panel,
        [max(each) for each in zip(*counts, strict=True)],
        members[0].horizon,
        all(member.forecasts_past_the_end for member in members),
    )
