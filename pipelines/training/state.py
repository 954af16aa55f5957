"""Where a fit stands: all that its next epoch goes by, as plain values and arrays."""

from dataclasses import dataclass, field, fields
from typing import Any

import keras
import numpy as np

from ...zoo.backend.determinism import generators, set_generators

LEAST = 1e-4  # share by which a score must be better for the learning rate to stay


class ResampledBatches(keras.utils.PyDataset):
    """Batches that are drawn anew for each epoch by `draw`, from a generator of their own.

    Attributes:
        rng: the generator.
        drawn_from: its state before the last draw, as plain values; `draw_again` from there
            gives the same batches.
    """

    def __init__(self, rng: np.random.Generator):
        super().__init__()
        self.rng = rng

    def draw(self) -> None:
        """Chooses what the next epoch reads."""
        raise NotImplementedError

    def draw_again(self, state: dict[str, Any]) -> None:
        self.rng.bit_generator.state = state
        self.on_epoch_end()

    def on_epoch_end(self) -> None:
        self.drawn_from = self.rng.bit_generator.state
        self.draw()


@dataclass
class TrainingState:
    """What is known of the epochs that are over. Lists hold an entry an epoch.

    Attributes:
        loss: of training.
        score: of validation.
        rate: of learning, at the end of the epoch.
        seconds: it took.
        elapsed: seconds up to here, those of former attempts included.
        stayed: epochs since the learning rate was last changed, or the score was better.
        reference: the score that has to be undercut for the rate to stay.
        rate_is_set: whether callbacks have set the learning rate, which is then left to them.
        ended: no epoch follows.
        best: the learner's weights after the epoch with the best score; their averages, where
            the optimizer keeps such.
    """

    loss: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    elapsed: float = 0.0
    stayed: int = 0
    reference: float | None = None
    rate_is_set: bool = False
    ended: bool = False
    best: list[np.ndarray] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """That are over."""
        return len(self.score)

    @property
    def best_epoch(self) -> int:
        """Counted from 1; the first one of several that are equal."""
        return 1 + int(np.argmin(self.score))

    def add(self, loss: float, score: float, rate: float, seconds: float) -> None:
        """Takes note of one more epoch."""
        self.loss.append(loss)
        self.score.append(score)
        self.rate.append(rate)
        self.seconds.append(seconds)

    def stays(self, patience: int) -> bool:
        """Whether the last score makes `patience` ones in a row that were hardly better."""
        if self.reference is None or self.score[-1] < self.reference * (1 - LEAST):
            self.reference, self.stayed = self.score[-1], 0
            return False
        self.stayed += 1
        if self.stayed < patience:
            return False
        self.stayed = 0
        return True


_PLAIN = [one.name for one in fields(TrainingState) if one.name != "best"]


def stored(
    course: TrainingState, learner: keras.Model, batches: ResampledBatches
) -> tuple[dict[str, Any], dict[str, list[np.ndarray]]]:
    """All that the next epoch goes by, as plain values and as lists of arrays; once a fit has
    ended, only what came of it."""
    values = {name: getattr(course, name) for name in _PLAIN}
    if course.ended:
        return {"course": values}, {"best": course.best}
    return {"course": values, "drawn_from": batches.drawn_from}, {
        "best": course.best,
        "learner": [variable.numpy() for variable in learner.variables],
        "optimizer": [variable.numpy() for variable in learner.optimizer.variables],
        "generators": generators(),
    }


def restored(
    values: dict[str, Any],
    arrays: dict[str, list[np.ndarray]],
    learner: keras.Model,
    batches: ResampledBatches,
) -> TrainingState:
    """Puts a learner, whose optimizer is built, and its batches where `stored` found them.

    Raises:
        KeyError, TypeError, ValueError: those of another fit.
    """
    course = TrainingState(**{name: values["course"][name] for name in _PLAIN}, best=arrays["best"])
    if not course.ended:
        _assign(learner.variables, arrays["learner"])
        _assign(learner.optimizer.variables, arrays["optimizer"])
        set_generators(arrays["generators"])
        batches.draw_again(values["drawn_from"])
    return course


def _assign(variables: list[Any], arrays: list[np.ndarray]) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
