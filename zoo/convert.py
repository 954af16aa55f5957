"""Weights to and from the LSTM, GRU and simple RNN of Keras, and from those of torch.

What is carried over is the recurrence: arithmetic and weights. What belongs to the loop
(`return_sequences`, `go_backwards`, …) is an argument of `Recurrent` or of the Keras
layer; initialisers, regularisers and constraints stay behind.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from ..errors import ArgumentError, ArgumentTypeError, one_of
from .cells import GRU, LSTM, RNN, RecurrentCell

#: What `to_keras` passes on: how the layer loops, not what it computes.
LOOP = (
    "return_sequences",
    "return_state",
    "go_backwards",
    "unroll",
    "zero_output_for_mask",
    "name",
)


def from_keras(layer: keras.layers.Layer) -> RecurrentCell:
    """Returns the cell that computes what a Keras recurrent layer does, with its weights.

    Without biases (`use_bias=False`) the cell has biases of zero.

    Args:
        layer: a built `keras.layers.LSTM`, `GRU` or `SimpleRNN`.

    Raises:
        ArgumentTypeError: another layer.
        ArgumentError: not built, or with an option that the cell has not.

    Example:

    >>> import keras, numpy as np
    >>> from rnnzoo import Recurrent
    >>> from rnnzoo.zoo.convert import from_keras
    >>> x, layer = np.ones((2, 5, 3), "float32"), keras.layers.GRU(4)
    >>> y = layer(x)
    >>> np.allclose(y, Recurrent(from_keras(layer))(x), atol=1e-5)
    True
    """
    kinds = (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN)
    if not isinstance(layer, kinds):
        raise ArgumentTypeError(
            "`layer` must be a Keras LSTM, GRU or SimpleRNN; of a Bidirectional, convert "
            f"`forward_layer` and `backward_layer`. Received: layer={layer!r}"
        )
    if not layer.built:
        raise ArgumentError(f"`layer` must be built: it has no weights. Received: layer={layer!r}")
    for name in ("dropout", "recurrent_dropout"):
        if getattr(layer, name):
            raise ArgumentError(
                "Dropout is not carried over: set it to 0, and give it to the cell or to a Dropout "
                f"layer before it. Received: {name}={getattr(layer, name)}"
            )
    activation = _name(layer.activation)
    kernel, recurrent, *bias = map(_array, layer.get_weights())
    options = {"dtype": layer.dtype_policy.name}
    if isinstance(layer, keras.layers.SimpleRNN):
        b = bias[0] if bias else np.zeros(layer.units)
        return _filled(RNN(layer.units, activation=activation, **options), kernel, [recurrent], b)
    _same("activation", activation, "tanh")
    _same("recurrent_activation", _name(layer.recurrent_activation), "sigmoid")
    if isinstance(layer, keras.layers.LSTM):
        b = bias[0] if bias else np.zeros(kernel.shape[1])
        return _filled(LSTM(layer.units, **options), kernel, recurrent, b)
    if not layer.reset_after:
        b = bias[0] if bias else np.zeros(kernel.shape[1])
        turn = _turn(layer.units)
        return _filled(
            GRU(layer.units, "before", **options), turn * kernel, turn * recurrent, turn * b
        )
    both = bias[0] if bias else np.zeros((2, kernel.shape[1]))
    return _gru_after(kernel, recurrent, *both, **options)


def to_keras(cell: RecurrentCell, **arguments: Any) -> keras.layers.Layer:
    """Returns a built Keras layer that computes what a cell does, with its weights.

    Args:
        cell: a built `LSTM` without peepholes or coupled gates, `GRU` that resets before
            or after the product, or `RNN` with the single tap 1.
        arguments: how the layer loops, e.g. `return_sequences=True`; those in `LOOP`.

    Raises:
        ArgumentTypeError: another cell.
        ArgumentError: not built, with an option that the layer has not, or an unknown argument.
    """
    if type(cell) not in (LSTM, GRU, RNN):
        raise ArgumentTypeError(
            f"`cell` must be an LSTM, a GRU or an RNN of the zoo. Received: cell={cell!r}"
        )
    for name in arguments:
        one_of("arguments", name, LOOP)
    if not cell.built:
        raise ArgumentError(f"`cell` must be built: it has no weights. Received: cell={cell!r}")
    _refuse(cell, "recurrent_dropout", 0)
    options = arguments | {"dtype": cell.dtype_policy.name}
    W, U, b = _array(cell.W), cell.U, _array(cell.b)
    if isinstance(cell, RNN):
        _refuse(cell, "taps", [1])
        layer = keras.layers.SimpleRNN(cell.units, activation=cell.activation, **options)
        return _built(layer, [W, _array(U[0]), b])
    if isinstance(cell, LSTM):
        _refuse(cell, "peepholes", False)
        _refuse(cell, "coupled", False)
        return _built(keras.layers.LSTM(cell.units, **options), [W, _array(U), b])
    if cell.reset not in ("before", "after"):
        raise ArgumentError(
            "Keras's GRU has a reset gate, before or after the product. "
            f"Received: a GRU with reset={cell.reset!r}"
        )
    turn, after = _turn(cell.units), cell.reset == "after"
    b = turn * b
    if after:
        b = np.stack([b, np.concatenate([np.zeros(2 * cell.units), _array(cell.b2)])])
    layer = keras.layers.GRU(cell.units, reset_after=after, **options)
    return _built(layer, [turn * W, turn * _array(U), b])


def from_torch(module: Any) -> list[RecurrentCell]:
    """Returns the cells, one a layer, that compute what a torch module does, with its weights.

    They run on any backend; `stack(from_torch(module), return_sequences=True)` puts out what
    the module does. Sequences are `(batch, time, features)` here, whatever `batch_first`
    says there. Without biases (`bias=False`) the cells have biases of zero.

    Args:
        module: a `torch.nn.LSTM`, `GRU` or `RNN` in one direction.

    Raises:
        ArgumentTypeError: something else.
        ArgumentError: a module in both directions, with projections, or with dropout.
    """
    # by name: torch need not be there
    names = {kind.__name__ for kind in type(module).__mro__ if kind.__module__.startswith("torch.")}
    kind = names & {"LSTM", "GRU", "RNN"}
    if not kind:
        raise ArgumentTypeError(
            f"`module` must be a torch.nn.LSTM, GRU or RNN. Received: module={module!r}"
        )
    reasons = {
        "bidirectional": "The cells read in one direction",
        "proj_size": "The cells have no projection of the state",
        "dropout": "The cells have no dropout between them: set it to 0, or put it in the stack",
    }
    for name, reason in reasons.items():
        if getattr(module, name):
            raise ArgumentError(f"{reason}. Received: {name}={getattr(module, name)}")
    make = {"LSTM": _lstm_of_torch, "GRU": _gru_of_torch, "RNN": _rnn_of_torch}[kind.pop()]
    return [make(module, layer) for layer in range(module.num_layers)]


def _lstm_of_torch(module: Any, layer: int) -> LSTM:
    W, U, b, b2 = _torch_weights(module, layer)
    return _filled(LSTM(module.hidden_size), W, U, b + b2)


def _rnn_of_torch(module: Any, layer: int) -> RNN:
    W, U, b, b2 = _torch_weights(module, layer)
    return _filled(RNN(module.hidden_size, activation=module.nonlinearity), W, [U], b + b2)


def _gru_of_torch(module: Any, layer: int) -> GRU:
    def as_keras(weight: np.ndarray) -> np.ndarray:
        r, z, n = np.split(weight, 3, axis=-1)
        return np.concatenate([z, r, n], axis=-1)

    return _gru_after(*map(as_keras, _torch_weights(module, layer)))


def _torch_weights(module: Any, layer: int) -> list[np.ndarray]:
    """W, U and the two biases of a layer, as we multiply: from the left."""
    names = ["weight_ih", "weight_hh"] + (["bias_ih", "bias_hh"] if module.bias else [])
    tensors = [getattr(module, f"{name}_l{layer}") for name in names]
    arrays = [tensor.detach().cpu().float().numpy().T for tensor in tensors]
    return arrays if module.bias else [*arrays, *np.zeros((2, arrays[0].shape[1]))]


def _gru_after(
    W: np.ndarray, U: np.ndarray, b_in: np.ndarray, b_state: np.ndarray, **options: Any
) -> GRU:
    """A GRU from weights in the order z, r, g, z the other way round, and two biases."""
    n = U.shape[0]
    of_gates = np.repeat([1, 1, 0], n)  # there the two biases are only ever added
    b = b_in + of_gates * b_state
    turn = _turn(n)
    return _filled(GRU(n, "after", **options), turn * W, turn * U, turn * b, b_state[2 * n :])


def _turn(n: int) -> np.ndarray:
    """Turns z round: 1 − σ(a) = σ(−a)."""
    return np.repeat([-1, 1, 1], n)


def _filled(cell: Any, W: Any, U: Any, b: Any, b2: Any = None) -> Any:
    """The cell, built, with these weights."""
    cell.build((None, W.shape[0]))
    cell.built = True
    cell.W.assign(W)
    several = isinstance(U, list)
    for variable, value in zip(cell.U if several else [cell.U], U if several else [U], strict=True):
        variable.assign(value)
    cell.b.assign(b)
    if b2 is not None:
        cell.b2.assign(b2)
    return cell


def _built(layer: keras.layers.Layer, weights: list[np.ndarray]) -> keras.layers.Layer:
    layer.build((None, None, weights[0].shape[0]))
    layer.set_weights(weights)
    return layer


def _name(activation: Any) -> str:
    name = getattr(activation, "__name__", "")
    known = getattr(keras.activations, name, None) if name else None
    if known is not activation:
        raise ArgumentError(
            f"The activation must be one of Keras's own. Received: activation={activation!r}"
        )
    return name


def _same(name: str, value: str, wanted: str) -> None:
    if value != wanted:
        raise ArgumentError(f"The cell's `{name}` is {wanted}. Received: {name}={value!r}")


def _refuse(cell: Any, name: str, plain: Any) -> None:
    value = getattr(cell, name, plain)
    if value != plain:
        raise ArgumentError(
            f"Keras's layer needs a cell with {name}={plain}. Received: {name}={value}"
        )


def _array(weight: Any) -> np.ndarray:
    return ops.convert_to_numpy(weight)
