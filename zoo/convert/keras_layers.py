from typing import Any

import keras
import numpy as np

from ...errors import ArgumentError, ArgumentTypeError, one_of
from ..cells import GRU, LSTM, RNN, ConvLSTM, RecurrentCell
from .filling import array, build_with_weights, gru_reset_after, update_gate_signs

#: Arguments of `to_keras`: options of the loop, not of the recurrence.
LOOP = (
    "return_sequences",
    "return_state",
    "go_backwards",
    "unroll",
    "zero_output_for_mask",
    "name",
)
CONVOLUTIONS = (keras.layers.ConvLSTM1D, keras.layers.ConvLSTM2D, keras.layers.ConvLSTM3D)
CONVOLVES = ("kernel_size", "padding", "strides", "dilation_rate")
DROPS = ("dropout", "recurrent_dropout")
TURNABLE = ("sigmoid", "hard_sigmoid")  # 1 − σ(a) = σ(−a)


def from_keras(layer: keras.layers.Layer) -> RecurrentCell:
    """Converts a Keras recurrent layer to a cell with the same weights and outputs.

    Args:
        layer: a built `keras.layers.LSTM`, `GRU`, `SimpleRNN` or `ConvLSTM1D` to `3D`.

    Raises:
        ArgumentTypeError: another layer.
        ArgumentError: the layer is not built, or has an option that the cell lacks.

    Example:

    >>> import keras, numpy as np
    >>> from rnnzoo import Recurrent
    >>> from rnnzoo.zoo.convert import from_keras
    >>> x, layer = np.ones((2, 5, 3), "float32"), keras.layers.GRU(4)
    >>> y = layer(x)
    >>> np.allclose(y, Recurrent(from_keras(layer))(x), atol=1e-5)
    True
    """
    kinds = (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN, *CONVOLUTIONS)
    if not isinstance(layer, kinds):
        raise ArgumentTypeError(
            "`layer` must be a Keras LSTM, GRU, SimpleRNN or ConvLSTM; of a Bidirectional, convert "
            f"`forward_layer` and `backward_layer`. Received: layer={layer!r}"
        )
    if not layer.built:
        raise ArgumentError(f"`layer` must be built: it has no weights. Received: layer={layer!r}")
    options = {"dtype": layer.dtype_policy.name, "use_bias": layer.use_bias}
    options |= {name: getattr(layer, name) for name in DROPS}
    options |= {"activation": _name(layer.activation)}
    weights = [array(weight) for weight in layer.get_weights()]  # kernel, recurrent, bias
    if isinstance(layer, keras.layers.SimpleRNN):
        return build_with_weights(RNN(layer.units, **options), *weights)
    options |= {"recurrent_activation": _name(layer.recurrent_activation)}
    if isinstance(layer, keras.layers.LSTM):
        return build_with_weights(LSTM(layer.units, **options), *weights)
    if isinstance(layer, keras.layers.GRU):
        return _gru(layer, weights, options)
    if layer.data_format != "channels_last":
        raise ArgumentError(
            f"A cell over images reads channels last. Received: data_format={layer.data_format!r}"
        )
    options |= {name: getattr(layer, name) for name in CONVOLVES}
    return build_with_weights(ConvLSTM(layer.filters, **options), *weights)


def to_keras(cell: RecurrentCell, **arguments: Any) -> keras.layers.Layer:
    """Converts a cell to a built Keras layer with the same weights and outputs.

    Args:
        cell: a built `LSTM` or `ConvLSTM` without peepholes or coupled gates, `GRU` that resets
            before or after the product, or `RNN` with the single tap 1.
        arguments: options of the loop, e.g. `return_sequences=True`; those in `LOOP`.

    Raises:
        ArgumentTypeError: another cell.
        ArgumentError: the cell is not built, or has an option that the layer lacks; an unknown
            argument; images without a fixed size.
    """
    if type(cell) not in (LSTM, GRU, RNN, ConvLSTM):
        raise ArgumentTypeError(
            "`cell` must be an LSTM, a GRU, an RNN or a ConvLSTM of the zoo. "
            f"Received: cell={cell!r}"
        )
    for name in arguments:
        one_of("arguments", name, LOOP)
    if not cell.built:
        raise ArgumentError(f"`cell` must be built: it has no weights. Received: cell={cell!r}")
    options = arguments | {"dtype": cell.dtype_policy.name, "use_bias": cell.use_bias}
    options |= {name: getattr(cell, name) for name in ("activation", *DROPS)}
    weights = [array(weight) for weight in cell.weights]  # W, U, b
    if isinstance(cell, RNN):
        _refuse(cell, "taps", [1])
        return _build_layer(keras.layers.SimpleRNN(cell.units, **options), cell, weights)
    options |= {"recurrent_activation": cell.recurrent_activation}
    if isinstance(cell, GRU):
        return _keras_gru(cell, weights, options)
    _refuse(cell, "peepholes", False)
    if isinstance(cell, LSTM):
        _refuse(cell, "coupled", False)
        return _build_layer(keras.layers.LSTM(cell.units, **options), cell, weights)
    options |= {name: getattr(cell, name) for name in CONVOLVES}
    kind = CONVOLUTIONS[len(weights[0].shape) - 3]
    return _build_layer(kind(cell.filters, data_format="channels_last", **options), cell, weights)


def _gru(layer: Any, weights: list[np.ndarray], options: dict[str, Any]) -> GRU:
    one_of("recurrent_activation", options["recurrent_activation"], TURNABLE)
    kernel, recurrent, *bias = weights
    turn = update_gate_signs(layer.units)
    if layer.reset_after and bias:
        return gru_reset_after(kernel, recurrent, *bias[0], **options)
    cell = GRU(layer.units, "after" if layer.reset_after else "before", **options)
    return build_with_weights(cell, turn * kernel, turn * recurrent, *[turn * b for b in bias])


def _keras_gru(cell: GRU, weights: list[np.ndarray], options: dict[str, Any]) -> Any:
    if cell.reset not in ("before", "after"):
        raise ArgumentError(
            "Keras's GRU has a reset gate, before or after the product. "
            f"Received: a GRU with reset={cell.reset!r}"
        )
    one_of("recurrent_activation", cell.recurrent_activation, TURNABLE)
    turn, after = update_gate_signs(cell.units), cell.reset == "after"
    kernel, recurrent, *bias = weights
    biases = [turn * b for b in bias[:1]]
    if after and bias:
        biases = [np.stack([*biases, np.concatenate([np.zeros(2 * cell.units), bias[1]])])]
    layer = keras.layers.GRU(cell.units, reset_after=after, **options)
    return _build_layer(layer, cell, [turn * kernel, turn * recurrent, *biases])


def _build_layer(layer: Any, cell: RecurrentCell, weights: list[np.ndarray]) -> keras.layers.Layer:
    batch, *item = cell.get_build_config()["input_shape"]
    if None in item:
        raise ArgumentError(
            "Keras's layer needs images of a fixed size: build the cell for such. "
            f"Received: a cell built for images of the shape {tuple(item)}"
        )
    layer.build((batch, None, *item))
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


def _refuse(cell: Any, name: str, plain: Any) -> None:
    value = getattr(cell, name, plain)
    if value != plain:
        raise ArgumentError(
            f"Keras's layer needs a cell with {name}={plain}. Received: {name}={value}"
        )
