"""How long a cell remembers: eigenvalues, responses to an impulse, gradients over time.

Arrays in, arrays out.
"""

from numbers import Real
from typing import Any

import keras
import numpy as np
from keras import ops

from ..errors import ArgumentError, ArgumentTypeError, flag, fraction, seed_number, whole_number
from .backend.gradient import gradient
from .cells import RecurrentCell, checks
from .cells.activation import ActivationLike
from .cells.activation import activation as activation_called
from .cells.truncation import without_truncation
from .layers import Recurrent

TURN = 12  # steps in which a complex pair of eigenvalues completes a circle


def jacobian(cell: RecurrentCell, states: Any = None, inputs: Any = None) -> np.ndarray:
    """How the states after a step depend on those before it.

    ```
    J = ∂s_t / ∂s_{t−1},    s the states of the cell side by side
    ```

    A copy of the past through which no gradient passes in training, as in `elman` and `jordan`
    with `truncate`, is a dependence like any other: here the gradient passes.

    Args:
        cell: a built cell over vectors.
        states: states at which to differentiate, one vector per state; by default zeros.
        inputs: input of the step, `(features,)`; by default zeros.

    Returns:
        `(sum of state_size, sum of state_size)`; row i holds the derivatives of s_t's entry i.

    Raises:
        ArgumentTypeError: not a cell.
        ArgumentError: the cell is not built, reads images, or does not match states or input.
    """
    width = _input_width(cell)
    sizes = list(cell.state_size)
    here = [np.zeros(n) for n in sizes] if states is None else [np.asarray(s) for s in states]
    if [s.shape for s in here] != [(n,) for n in sizes]:
        raise ArgumentError(
            f"`states` must be vectors of the sizes {sizes}. "
            f"Received: shapes {[s.shape for s in here]}"
        )
    x = np.zeros(width) if inputs is None else np.asarray(inputs)
    if x.shape != (width,):
        raise ArgumentError(f"`inputs` must be {width} numbers. Received: shape={x.shape}")

    # one copy of the state for each entry of s_t: a single gradient then gives all rows
    copies = sum(sizes)
    s = keras.Variable(np.tile(np.concatenate(here), (copies, 1)), dtype="float32")
    x = ops.convert_to_tensor(np.tile(x, (copies, 1)), dtype="float32")
    ends = np.cumsum(sizes)

    def diagonal() -> Any:
        before = ops.convert_to_tensor(s)
        _, after = cell.call(
            x, [before[:, end - n : end] for n, end in zip(sizes, ends, strict=True)]
        )
        return ops.trace(ops.concatenate([ops.cast(a, "float32") for a in after], axis=-1))

    with without_truncation(cell):
        return gradient(diagonal, [s])[0]


def eigenvalues(cell: RecurrentCell, states: Any = None, inputs: Any = None) -> np.ndarray:
    """The eigenvalues of `jacobian`, the largest first.

    For a single linear recurrence h_t = U h_{t−1} they are those of U. Phases, which count
    steps and hold no inputs, are left out. An `slstm` divides c and n by exp(m), which absorbs
    their decay: its eigenvalues are near 1 however fast it forgets; those of the scale, one per
    unit, are 1 or, where the input gate resets the scale, less.

    Returns:
        `(sum of state_size,)` less the width of the phases, complex.
    """
    J = jacobian(cell, states, inputs).astype("float64")
    is_phase = [k in cell.phases for k, n in enumerate(cell.state_size) for _ in range(n)]
    J = J[np.ix_(~np.array(is_phase), ~np.array(is_phase))]
    values = np.linalg.eigvals(J).astype(complex)
    # of a pair, the one above the axis comes first
    return values[np.lexsort((-values.imag, -np.abs(values).round(6)))]


def spectral_radius(cell: RecurrentCell, states: Any = None, inputs: Any = None) -> float:
    """The largest |eigenvalue| of `jacobian`: below 1 small changes of the state fade."""
    return float(np.abs(eigenvalues(cell, states, inputs)).max())


def impulse_response(
    activation: ActivationLike,
    radius: float,
    complex_pair: bool = False,
    second: float = 0.5,
    start: float = 1.0,
    units: int = 4,
    steps: int = 50,
) -> np.ndarray:
    """The response of a simple recurrence to a single impulse.

    ```
    h_t = φ(W h_{t−1} + c x_t),    x_0 = start,  x_t = 0 afterwards,  h_{−1} = 0
    W = Q diag(radius, second, second, …) Qᵀ
    c = (1, …, 1) / √units, the first column of Q
    ```

    With `complex_pair`, W turns the plane of Q's first two columns by 1/12 of a circle
    and scales it by `radius`: its leading eigenvalues are radius · e^{±iπ/6}.

    Args:
        activation: φ, a Keras activation or its name.
        radius: absolute value of the leading eigenvalues, at least 0.
        complex_pair: use a rotation instead of a symmetric matrix.
        second: value of the other eigenvalues.
        start: height of the impulse.
        units: width of h, at least 2 with `complex_pair`.
        steps: number of steps.

    Returns:
        h, `(steps, units)`. What is left of the impulse is `h @ c`, in the linear real case
        start · radius^t.

    Reference: the same recurrences are worked through in Pascanu, Mikolov and Bengio (2013),
    On the difficulty of training recurrent neural networks, ICML.
    """
    φ = activation_called(checks.activation("activation", activation))
    flag("complex_pair", complex_pair)
    units = whole_number("units", units, at_least=2 if complex_pair else 1)
    steps = whole_number("steps", steps)
    for name, value in {"radius": radius, "second": second, "start": start}.items():
        _check_finite(name, value)
    if radius < 0:
        raise ArgumentError(f"`radius` must be at least 0. Received: radius={radius}")

    c = np.ones(units) / np.sqrt(units)
    Q, _ = np.linalg.qr(np.column_stack([c, np.eye(units)[:, 1:]]))
    W = np.diag([float(radius), *[float(second)] * (units - 1)])
    if complex_pair:
        θ = 2 * np.pi / TURN
        W[:2, :2] = radius * np.array([[np.cos(θ), -np.sin(θ)], [np.sin(θ), np.cos(θ)]])
    W = Q @ W @ Q.T
    h, response = np.zeros(units), []
    for t in range(steps):
        z = W @ h + (start * c if t == 0 else 0)
        h = ops.convert_to_numpy(φ(ops.convert_to_tensor(z, dtype="float32"))).astype("float64")
        response.append(h)
    return np.stack(response)


def gradient_by_lag(layer: Any, sequences: Any, seed: int = 0) -> np.ndarray:
    """How strongly an input affects the last output in training, by its lag.

    ```
    g_k = mean over sequences of ‖∂(v · y_T) / ∂x_{T−k}‖,    v a random direction, ‖v‖ = 1
    ```

    This is the gradient of training: where a cell passes none through its copy of the past
    (`truncate`), inputs before the copy have none, although they affect the output.

    Args:
        layer: a cell over vectors, or a layer or model from `(batch, time, features)` to
            its last output or to all of them.
        sequences: `(batch, time, features)`; each has its own direction v.
        seed: seed of the directions.

    Returns:
        g, `(time,)`, beginning with the last input.

    Raises:
        ArgumentTypeError: neither a cell nor a layer.
        ArgumentError: a cell that reads images, or sequences of another rank.
    """
    rng = np.random.default_rng(seed_number(seed))
    if isinstance(layer, RecurrentCell):
        _check_reads_vectors(layer)
        layer = Recurrent(layer)
    if not isinstance(layer, keras.layers.Layer):
        raise ArgumentTypeError(f"`layer` must be a cell or a layer. Received: layer={layer!r}")
    sequences = np.asarray(sequences, "float32")
    if sequences.ndim != 3 or not sequences.size:
        raise ArgumentError(
            "`sequences` must have the shape (batch, time, features). "
            f"Received: shape={sequences.shape}"
        )
    # a symbolic call: it builds the layer, and does not change the state of a stateful one
    shape = layer(keras.KerasTensor(sequences.shape, "float32")).shape
    v = rng.normal(size=(shape[0], shape[-1]))
    v = ops.convert_to_tensor(v / np.linalg.norm(v, axis=-1, keepdims=True), dtype="float32")
    x = keras.Variable(sequences)

    def seen_from_the_end() -> Any:
        y = layer(ops.convert_to_tensor(x))
        y = y if len(shape) == 2 else y[:, -1]
        return ops.sum(v * ops.cast(y, "float32"))

    (g,) = gradient(seen_from_the_end, [x])
    return np.linalg.norm(g, axis=-1).mean(axis=0)[::-1]


def effective_memory(norms: Any, threshold: float = 0.05) -> int | None:
    """The lag at which an input's influence falls under 5 % and stays there.

    Args:
        norms: influence by lag, `(lags,)`, as `gradient_by_lag` returns it.
        threshold: share of the largest influence.

    Returns:
        The first lag from which on all influence is below `threshold` of the largest;
        `None` if that is beyond the given lags.

    Raises:
        ArgumentTypeError: not numbers.
        ArgumentError: not one number per lag, not finite, or below 0.

    Example:

    >>> from rnnzoo.zoo.analysis import effective_memory
    >>> effective_memory([1.0, 0.5, 0.25, 0.04, 0.01])
    3
    """
    try:
        norms = np.asarray(norms, "float64")
    except (TypeError, ValueError):
        raise ArgumentTypeError(f"`norms` must be numbers. Received: norms={norms!r}") from None
    threshold = fraction("threshold", threshold)
    if norms.ndim != 1 or not norms.size or not np.isfinite(norms).all() or norms.min() < 0:
        raise ArgumentError(
            f"`norms` must be finite numbers, none below 0, one a lag. Received: norms={norms}"
        )
    influential = np.flatnonzero((norms >= threshold * norms.max()) & (norms > 0))
    if not influential.size:
        return 0
    return None if influential[-1] == len(norms) - 1 else int(influential[-1]) + 1


def _input_width(cell: Any) -> int:
    _check_reads_vectors(cell)
    if not cell.built:
        raise ArgumentError(
            "`cell` must be built, so that it has weights: cell.build((None, features)). "
            f"Received: cell={cell!r}, not built"
        )
    return int(cell.get_build_config()["input_shape"][-1])


def _check_reads_vectors(cell: Any) -> None:
    if not isinstance(cell, RecurrentCell):
        raise ArgumentTypeError(f"`cell` must be a RecurrentCell. Received: cell={cell!r}")
    if "next_frame" in cell.serves:
        raise ArgumentError(
            "`cell` must read vectors: the states of a cell that reads images have no single "
            f"Jacobian of a fixed size. Received: cell={cell!r}"
        )


def _check_finite(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ArgumentTypeError(f"`{name}` must be a number. Received: {name}={value!r}")
    if not np.isfinite(float(value)):
        raise ArgumentError(f"`{name}` must be finite. Received: {name}={value}")
