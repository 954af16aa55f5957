"""`rnnzoo analyse`: how far back a cell remembers, new and trained."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from ..datasets.memory import adding
from ..errors import ArgumentError, FitError, seed_number, whole_number
from ..pipelines.training import seeded
from ..zoo.analysis import effective_memory, eigenvalues, gradient_by_lag
from ..zoo.cells import CELLS, RecurrentCell, serving
from ..zoo.factory import cell_factory
from ..zoo.layers import Recurrent
from .display import console, frame_table, print_table
from .files import check_folder, slug, write_all
from .own_cells import named_cell

BATCH = 32  # sequences in a step of training
PROBES = 32  # sequences over which a gradient is averaged
TEST = 500  # sequences on which the trained network is scored
GUESS = 1 / 6  # MSE on the adding problem of the mean, whatever the input
SHOWN = 4  # eigenvalues that are printed


@dataclass(frozen=True)
class Analysis:
    """What was found of one cell, new and trained.

    Attributes:
        cell: its name.
        steps: length of the sequences.
        weights: how many the cell has.
        eigenvalues: of the Jacobian at the end of a sequence, by stage, the largest first.
        norms: gradient by lag, by stage.
        mse: of the trained network on the adding problem.
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


def analyse(
    cell: str,
    units: int,
    steps: int,
    train_steps: int,
    options: dict[str, Any],
    seed: int,
    save: Path | None,
) -> None:
    """Builds, measures, trains, measures again, prints, and saves.

    Args:
        cell: name of a cell over vectors, or `module:Class` of a user's own.
        units: width of the cell.
        steps: length of the sequences, and the longest lag that is looked at.
        train_steps: steps of training on the adding problem.
        options: further arguments of the cell.
        seed: of weights and sequences.
        save: folder for charts and the table.

    Raises:
        ArgumentError: no such cell, or one that reads images; an argument out of range.
        FitError: training diverged, or there are no gradients to be measured.
    """
    factory = cell_factory(named_cell(cell))
    if factory.kind.serves == ("next_frame",):
        fit = [name for name in CELLS if name not in serving("next_frame")]
        raise ArgumentError(
            f"`cell` must read vectors: {', '.join(fit)}. Received: cell={cell!r}, which reads "
            "images"
        )
    cell = factory.name
    whole_number("units", units)
    whole_number("steps", steps, at_least=2)
    whole_number("train_steps", train_steps)
    # a cell with feedback runs closed: here is no truth to feed it with
    ours = ["units", "feedback"] if factory.kind.feeds_back else ["units"]
    factory.check(units, options, ours)
    factory.check_reads((2,), "vectors")
    if save is not None:
        check_folder(save, ())
    out = console()
    found = analysis(cell, factory.make(units, **options), steps, train_steps, seed)
    _print(found, units, train_steps, out)
    if save is not None:
        from .analyse_charts import eigenvalue_chart, impulse_chart, lag_chart  # slow to load

        write_all(
            save,
            {
                f"{slug(cell)}-gradient-by-lag.png": lag_chart(found).savefig,
                f"{slug(cell)}-gradient-by-lag.csv": lambda p: found.by_lag().to_csv(
                    p, index=False
                ),
                f"{slug(cell)}-eigenvalues.png": eigenvalue_chart(found).savefig,
                "impulse-responses.png": impulse_chart().savefig,
            },
        )
        out.print(f"\nCharts and the table are in {save}")


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
            "Analyse shorter sequences (--steps), or start the cell from other weights."
        )
    return norms


def _train(network: keras.Model, steps: int, train_steps: int, rng: np.random.Generator) -> float:
    """Fits the network to the adding problem; returns its MSE on sequences it has not seen."""
    network.compile(keras.optimizers.Adam(3e-3, clipnorm=1.0), "mse")
    for step in range(train_steps):
        loss = float(network.train_on_batch(*_adding(BATCH, steps, rng)))
        if not math.isfinite(loss):
            raise FitError(
                f"Training diverged in step {step + 1}: loss {loss}. Analyse shorter sequences "
                "(--steps), or start the cell from smaller weights."
            )
    sequences, sums = _adding(TEST, steps, rng)
    return float(np.mean((network.predict_on_batch(sequences) - sums) ** 2))


def _adding(items: int, steps: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Fresh sequences at each call."""
    return adding(items, steps, seed=int(rng.integers(2**32)))


def _print(found: Analysis, units: int, train_steps: int, out: Console) -> None:
    out.print(
        f"{found.cell}, {units} unit{'s' if units > 1 else ''}, {found.weights:,} weights, "
        f"sequences of {found.steps} steps"
    )
    print_table(out, f"\nMemory, new and after {train_steps} steps of training", _memory(found))
    lags = _some_lags(found.steps)
    table = pd.DataFrame(
        {"steps ago": lags}
        | {stage: [f"{norms[k]:.1e}" for k in lags] for stage, norms in found.norms.items()}
    )
    print_table(out, "\nInfluence of an input on the output", frame_table(table))
    out.print(
        f"\ntrained: on the adding problem, test MSE {found.mse:.4f}; the mean, always guessed, "
        f"has {GUESS:.4f}.\n"
        "effective memory: the lag at which an input's influence falls under 5 % of the largest.\n"
        "influence: norm of the gradient of the last output by the input some steps ago.\n"
        "eigenvalues: λ of ∂s_t/∂s_{t−1} after a sequence; spectral radius: the largest |λ|."
    )
    if found.cell == "slstm":
        out.print(
            "slstm keeps c and n divided by exp(m), which takes their decay: its eigenvalues lie "
            "near 1, that of the scale at 1. How far back it remembers, the influence tells."
        )
    if found.truncated:
        out.print(
            f"In training {found.cell} lets no gradient through its copy of the past: influence "
            "and effective memory are what training sees, the eigenvalues those of the recurrence, "
            "copy included. See --option truncate=false."
        )


def _memory(found: Analysis) -> Table:
    """One column a stage."""
    columns = {}
    for stage, values in found.eigenvalues.items():
        largest = [_complex(value) for value in values if value.imag >= 0][:SHOWN]
        largest += [""] * (SHOWN - len(largest))
        memory = _lag(found.norms[stage], found.steps)
        columns[stage] = [memory, f"{np.abs(values[0]):.3f}", *largest]
    rows = ["effective memory", "spectral radius", "largest eigenvalues", *[""] * (SHOWN - 1)]
    return frame_table(pd.DataFrame({"": rows} | columns))


def _lag(norms: np.ndarray, steps: int) -> str:
    lag = effective_memory(norms)
    return f"beyond {steps} steps" if lag is None else f"{lag} step{'s' if lag != 1 else ''}"


def _complex(value: complex) -> str:
    """A real number, or both of a pair at once."""
    if abs(value.imag) < 5e-4:
        return f"{value.real:.3f}"
    return f"{value.real:.3f} ± {value.imag:.3f}i"


def _some_lags(steps: int) -> list[int]:
    lags = [0, *(m * 10**k for k in range(len(str(steps))) for m in (1, 2, 5))]
    return sorted({*[lag for lag in lags if lag < steps - 1], steps - 1})
