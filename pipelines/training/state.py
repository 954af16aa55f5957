"""The state of training between two epochs, as plain values and arrays."""

from dataclasses import dataclass, field, fields, make_dataclass
from typing import Any, get_type_hints

import keras
import numpy as np

from ...zoo.backend.determinism import generators, set_generators
from ..storage.restoring import require_weights, typed

LEAST = 1e-4  # relative improvement of the score below which it counts as stalled


class ResampledBatches(keras.utils.PyDataset):
    """Batches that `draw` chooses anew for each epoch, with a random generator of their own.

    Attributes:
        rng: random generator.
        drawn_from: state of the generator before the last draw, as plain values; `draw_again`
            with it gives the same batches.
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
    """The state of a fit after some epochs. Lists hold one entry per epoch.

    Attributes:
        loss: training loss.
        score: validation error; empty without validation.
        rate: learning rate at the end of the epoch.
        seconds: time of the epoch in seconds.
        elapsed: fit time in seconds so far, including earlier attempts.
        stayed: epochs since the score last improved, or the learning rate last changed.
        reference: last score that was an improvement.
        rate_is_set: whether callbacks set the learning rate.
        ended: whether training has ended.
        takes_last: whether the last weights are taken, rather than those with the best score.
        best: weights of the learner after the epoch with the best score; their averages, where
            the optimizer computes averages.
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
    takes_last: bool = False
    best: list[np.ndarray] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """The number of finished epochs."""
        return len(self.loss)

    @property
    def best_epoch(self) -> int:
        """The epoch whose weights are taken, counted from 1: that with the smallest score, the
        first of equal ones, or the last one."""
        return self.epochs if self.takes_last else 1 + int(np.argmin(self.score))

    def add(self, loss: float, score: float | None, rate: float, seconds: float) -> None:
        """Adds one epoch."""
        self.loss.append(loss)
        if score is not None:
            self.score.append(score)
        self.rate.append(rate)
        self.seconds.append(seconds)

    def has_stalled(self, patience: int) -> bool:
        """Whether the last `patience` scores in a row did not improve; called once per epoch."""
        if self.reference is None or self.score[-1] < self.reference * (1 - LEAST):
            self.reference, self.stayed = self.score[-1], 0
            return False
        self.stayed += 1
        if self.stayed < patience:
            return False
        self.stayed = 0
        return True


_PLAIN = [one.name for one in fields(TrainingState) if one.name != "best"]
_TYPES = get_type_hints(TrainingState)
#: The plain values of a `TrainingState`, by which those of a file are checked.
_Saved = make_dataclass("_Saved", [(name, _TYPES[name]) for name in _PLAIN])


def to_checkpoint(
    state: TrainingState, learner: keras.Model, batches: ResampledBatches
) -> tuple[dict[str, Any], dict[str, list[np.ndarray]]]:
    """All that the next epoch depends on, as plain values and lists of arrays; of a fit that has
    ended, only its results."""
    values = {name: getattr(state, name) for name in _PLAIN}
    if state.ended:
        return {"state": values}, {"best": state.best}
    return {"state": values, "drawn_from": batches.drawn_from}, {
        "best": state.best,
        "learner": [variable.numpy() for variable in learner.variables],
        "optimizer": [variable.numpy() for variable in learner.optimizer.variables],
        "generators": generators(),
    }


def from_checkpoint(
    values: dict[str, Any],
    arrays: dict[str, list[np.ndarray]],
    learner: keras.Model,
    batches: ResampledBatches,
) -> TrainingState:
    """Restores the state that `to_checkpoint` returned in a learner and its batches.

    Args:
        values, arrays: as `to_checkpoint` returns them.
        learner: model whose optimizer is built.
        batches: training batches.

    Raises:
        KeyError, TypeError, ValueError: the values are of another fit.
    """
    saved: Any = typed(_Saved, values["state"])
    state = TrainingState(**{name: getattr(saved, name) for name in _PLAIN}, best=arrays["best"])
    epochs = {len(state.loss), len(state.rate), len(state.seconds)}
    if epochs != {state.epochs} or len(state.score) not in (0, state.epochs) or not state.epochs:
        raise ValueError("it has not as many scores as epochs")
    if not state.score and not state.takes_last:
        raise ValueError("it has no scores to choose the weights by")
    require_weights(state.best, [tuple(weight.shape) for weight in learner.weights])
    if not state.ended:
        _assign(learner.variables, arrays["learner"])
        _assign(learner.optimizer.variables, arrays["optimizer"])
        set_generators(arrays["generators"])
        batches.draw_again(values["drawn_from"])
    return state


def _assign(variables: list[Any], arrays: list[np.ndarray]) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
