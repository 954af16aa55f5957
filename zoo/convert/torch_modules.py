from typing import Any

import numpy as np

from ...errors import ArgumentError, ArgumentTypeError
from ..cells import GRU, LSTM, RNN, RecurrentCell
from .filling import build_with_weights, gru_reset_after


def from_torch(module: Any) -> list[RecurrentCell]:
    """Converts a torch module to cells, one per layer, with the same weights and outputs.

    They run on any backend; `stack(from_torch(module), return_sequences=True)` has the outputs of
    the module. Sequences are `(batch, time, features)`, whatever `batch_first` is. For a module
    without biases (`bias=False`) the cells have biases of zero.

    Args:
        module: a `torch.nn.LSTM`, `GRU` or `RNN` in one direction.

    Raises:
        ArgumentTypeError: something else.
        ArgumentError: the module has two directions, projections, or dropout.
    """
    # by name: torch need not be installed
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
    return build_with_weights(LSTM(module.hidden_size), W, U, b + b2)


def _rnn_of_torch(module: Any, layer: int) -> RNN:
    W, U, b, b2 = _torch_weights(module, layer)
    return build_with_weights(RNN(module.hidden_size, activation=module.nonlinearity), W, U, b + b2)


def _gru_of_torch(module: Any, layer: int) -> GRU:
    def as_keras(weight: np.ndarray) -> np.ndarray:
        r, z, n = np.split(weight, 3, axis=-1)
        return np.concatenate([z, r, n], axis=-1)

    return gru_reset_after(*map(as_keras, _torch_weights(module, layer)))


def _torch_weights(module: Any, layer: int) -> list[np.ndarray]:
    """W, U and the two biases of a layer, transposed: our cells compute x W."""
    names = ["weight_ih", "weight_hh"] + (["bias_ih", "bias_hh"] if module.bias else [])
    tensors = [getattr(module, f"{name}_l{layer}") for name in names]
    arrays = [tensor.detach().cpu().float().numpy().T for tensor in tensors]
    return arrays if module.bias else [*arrays, *np.zeros((2, arrays[0].shape[1]))]
