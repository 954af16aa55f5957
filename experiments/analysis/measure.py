"""Measures how far back a cell remembers, new and trained on the adding problem."""

import math
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd

from ...datasets.sources.memory_tasks import adding
from ...errors import FitError, seed_number
from ...pipelines.training.loop import seeded
from ...zoo.analysis import eigenvalues, gradient_by_lag
from ...zoo.cells import RecurrentCell
from ...zoo.layers import Recurrent

BATCH = 32  # sequences in a step of training
PROBES = 32  # sequences over which a gradient is averaged
TEST = 500  # sequences on which the trained network is scored


@dataclass(frozen=True)
class Analysis:
    """What was found of one cell, new and trained.

    Attributes:
        cell: its name.
        steps: length of the sequences.
        weights: how many the cell has.
        eigenvalues: those of the Jacobian at the end of a sequence, by stage, the largest first.
        norms: gradient by lag, by stage.
        mse: squared error of the trained network on the adding problem.
        truncated: no gradient goes through the cell's copy of the past in training.
    """

    cell: str
    steps: int
    weights: int
    eigenvalues: dict[str, np.ndarray]
    norms: dict[str, np.ndarray]
    mse: float
    truncated: bool

    def by_lag(self) -> pd.DataFrame:
        """Columns `lag` and one a stage."""
        return pd.DataFrame({"lag": np.arange(self.steps), **self.norms})


def analysis(name: str, cell: RecurrentCell, steps: int, train_steps: int, seed: int) -> Analysis:
    """Measures a cell, trains it on the adding problem, and measures it again.

    Its output goes through a dense layer, unless it is one wide already.
    """
    rng = np.random.default_rng(seed_number(seed))
    with seeded(seed):
        x = keras.Input((steps, 2))
        y = Recurrent(cell)(x)
        network = keras.Model(x, y if cell.output_size == 1 else keras.layers.Dense(1)(y))
        probes, _ = _adding(PROBES, steps, rng)
        before = _at_work(cell, probes[0]), _influence(cell, probes)
        mse = _train(network, steps, train_steps, rng)
        after = _at_work(cell, probes[0]), _influence(cell, probes)
    stages = ("new", "trained")
    return Analysis(
        cell=name,
        steps=steps,
        weights=cell.count_params(),
        eigenvalues=dict(zip(stages, (before[0], after[0]), strict=True)),
        norms=dict(zip(stages, (before[1], after[1]), strict=True)),
        mse=mse,
        truncated=getattr(cell, "truncate", False),
    )


def _at_work(cell: RecurrentCell, sequence: np.ndarray) -> np.ndarray:
    """The eigenvalues of the cell's last step over a sequence.

    Not at the zero state: there, ReLU has a kink and no slope.
    """
    _, *states = Recurrent(cell, return_state=True)(sequence[None, :-1])
    return eigenvalues(cell, [keras.ops.convert_to_numpy(s)[0] for s in states], sequence[-1])


def _influence(cell: RecurrentCell, probes: np.ndarray) -> np.ndarray:
    norms = gradient_by_lag(cell, probes)
    if not (np.isfinite(norms).all() and norms.any()):
        raise FitError(
            "The gradients of the last output by the inputs overflow or vanish altogether. "
            "Analyze shorter sequences (--steps), or start the cell from other weights."
        )
    return norms


def _train(network: keras.Model, steps: int, train_steps: int, rng: np.random.Generator) -> float:
    """Fits the network to the adding problem; returns its MSE on sequences it has not seen."""
    network.compile(keras.optimizers.Adam(3e-3, clipnorm=1.0), "mse")
    for step in range(train_steps):
        loss = float(network.train_on_batch(*_adding(BATCH, steps, rng)))
        if not math.isfinite(loss):
            raise FitError(
                f"Training diverged in step {step + 1}: loss {loss}. Analyze shorter sequences "
                "(--steps), or start the cell from smaller weights."
            )
    sequences, sums = _adding(TEST, steps, rng)
    return float(np.mean((network.predict_on_batch(sequences) - sums) ** 2))


def _adding(items: int, steps: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Fresh sequences at each call."""
    return adding(items, steps, seed=int(rng.integers(2**32)))
