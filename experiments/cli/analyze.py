"""`rnnzoo analyze`: how far back a cell remembers, new and trained."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from ...errors import ArgumentError, whole_number
from ...pipelines.storage.names import slug
from ...zoo.analysis import effective_memory
from ...zoo.cells import CELLS, serving
from ...zoo.factory import cell_factory
from ..analysis.measure import Analysis, analysis
from ..config.own_cells import named_cell
from ..reports.terminal import console, frame_table, print_table
from ..study.outputs import check_folder, write_all

GUESS = 1 / 6  # MSE on the adding problem of the mean, whatever the input
SHOWN = 4  # eigenvalues that are printed


def analyze(
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
    ours = ["units", "feedback"] if factory.kind.has_feedback_delays else ["units"]
    factory.check(units, options, ours)
    factory.check_reads((2,), "vectors")
    if save is not None:
        check_folder(save, ())
    out = console()
    found = analysis(cell, factory.make(units, **options), steps, train_steps, seed)
    if save is not None:  # before anything is printed
        from ..analysis.charts import eigenvalue_chart, impulse_chart, lag_chart  # slow to load

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
    _print(found, units, train_steps, out)
    if save is not None:
        out.print(f"\nCharts and the table are in {save}")


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
            "near 1, that of the scale at 1. Its influence shows how far back it remembers."
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
