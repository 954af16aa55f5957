"""Charts of memory: gradients over lags, eigenvalues, responses to an impulse."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from ...pipelines.evaluation.drawing import Chart, axes
from ...zoo.analysis import TURN, effective_memory, impulse_response
from .measure import Analysis

LOOKS: dict[str, Any] = {
    "new": {"color": "0.5", "linestyle": "--"},
    "trained": {"color": "tab:blue", "linestyle": "-"},
}
DEPTH = 1e-8  # of the largest gradient: what lies below is not drawn
ACTIVATIONS = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU", "elu": "ELU"}
RADII = (0.9, 1.0, 1.1)
STEPS = 40
START = 2.0  # each of the four units starts at 1
FRAME = (-2.5, 5)  # what is seen of a response


def lag_chart(found: Analysis) -> Figure:
    """Influence of an input against how long ago it was, with the effective memory marked."""
    figure, pair = axes(width=8)
    top = max(norms.max() for norms in found.norms.values())
    for stage, norms in found.norms.items():
        norms = np.where(norms > DEPTH * top, norms, np.nan)
        lag = effective_memory(found.norms[stage])
        text = f"beyond {found.steps} steps" if lag is None else f"{lag} steps"
        pair.plot(norms, label=f"{stage}: effective memory {text}", **LOOKS[stage])
        if lag is not None and lag < len(norms):
            pair.plot(lag, norms[lag], "o", color=LOOKS[stage]["color"])
    pair.set_yscale("log")
    # two decades at least, else small differences look large
    pair.set_ylim(min(pair.get_ylim()[0], top / 100), 1.6 * top)
    pair.set_title(f"{found.cell}: how strongly an input some steps ago acts on the last output")
    pair.set_xlabel(
        "lag (steps ago); ● falls under 5 % of the largest and stays there; "
        "a line ends at 10⁻⁸ of it"
    )
    pair.set_ylabel("norm of the gradient")
    pair.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def eigenvalue_chart(found: Analysis) -> Figure:
    """The eigenvalues of a step, new and trained, on the unit circle."""
    figure, pair = axes(width=6, height=6.4)
    pair.grid(False)
    pair.add_patch(Circle((0, 0), 1, fill=False, color="0.6"))
    pair.axhline(0, color="0.9", zorder=0)
    pair.axvline(0, color="0.9", zorder=0)
    marks: dict[str, Any] = {
        "new": {"marker": "o", "facecolors": "none", "edgecolors": "0.4", "s": 45},
        "trained": {"marker": "x", "color": "tab:blue", "s": 30},
    }
    for stage, values in found.eigenvalues.items():
        label = f"{stage}: spectral radius {np.abs(values[0]):.3f}"
        pair.scatter(values.real, values.imag, label=label, **marks[stage])
    reach = 1.08 * max(1, *(np.abs(v.view(float)).max() for v in found.eigenvalues.values()))
    pair.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    pair.set_title(f"{found.cell}: eigenvalues of a step, at the end of a sequence")
    pair.set_xlabel("real part; inside the circle |λ| = 1 a change of the state fades")
    pair.set_ylabel("imaginary part")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def impulse_chart() -> Figure:
    """What a simple recurrence makes of one impulse: by activation and eigenvalue."""
    figure = Chart(figsize=(12, 8), dpi=120, layout="constrained")
    kinds = [(radius, pair) for pair in (False, True) for radius in RADII]
    grid = figure.subplots(len(ACTIVATIONS), len(kinds), sharex=True, sharey=True)
    for row, (activation, name) in zip(grid, ACTIVATIONS.items(), strict=True):
        row[0].set_ylabel(name, fontsize=13)
        for panel, (radius, pair) in zip(row, kinds, strict=True):
            for start, look in ((START, "-"), (-START, "--")):
                h = impulse_response(activation, radius, pair, start=start, steps=STEPS)
                response = h.mean(axis=1) * np.sqrt(h.shape[1])  # in the impulse's direction
                label = f"impulse of {start:+g}"
                color = "tab:blue" if start > 0 else "black"
                panel.plot(response, look, color=color, linewidth=1.3, label=label)
            panel.spines[["top", "right"]].set_visible(False)
            panel.axhline(0, color="0.85", zorder=0)
            panel.set_ylim(*FRAME)
    for panel, (radius, pair) in zip(grid[0], kinds, strict=True):
        panel.set_title(f"{'complex' if pair else 'real'}, |λ| = {radius:g}")
    grid[0][0].legend(frameon=False, loc="upper right")
    figure.suptitle(
        "One impulse at t = 0, then nothing: what is left of it in "
        "$h_t = φ(W h_{t-1} + c x_t)$"
        f"\nLeading eigenvalues λ of W: real, or a pair that turns once in {TURN} steps. "
        "A line that leaves its panel grows without bound."
    )
    figure.supxlabel("t (steps)")
    return figure
