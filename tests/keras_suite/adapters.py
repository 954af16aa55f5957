"""Keras's recurrent layers and cells by their own arguments, computed by ours.

What Keras's tests call `layers.LSTM(3, unit_forget_bias=False)` is here `Recurrent` over the
zoo's LSTM. An adapter translates arguments and the layout of weights; the steps and the loop
are ours.
"""

from functools import partial
from typing import Any, ClassVar

import keras
from keras import ops
from keras.src import layers as keras_layers
from rnnzoo import Recurrent
from rnnzoo.zoo import cells

#: Arguments of a Keras layer that are those of the loop.
LOOP = (
    *("return_sequences", "return_state", "go_backwards", "stateful", "unroll"),
    *("zero_output_for_mask", "name", "trainable", "activity_regularizer"),
)
#: How Keras computes, not what: there is nothing to choose here.
WITHOUT_EFFECT = ("implementation", "use_cudnn")

registered = keras.saving.register_keras_serializable("keras_suite")


@registered
class UnitForget(keras.initializers.Initializer):
    """Biases in the order i, f, g, o, those of f at 1."""

    def __init__(self, others: Any = "zeros"):
        self.others = keras.initializers.get(others)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        n = shape[0] // 4
        before, after = self.others((n,), dtype), self.others((2 * n,), dtype)
        return ops.concatenate([before, ops.ones((n,), dtype), after])

    def get_config(self) -> dict[str, Any]:
        return {"others": keras.saving.serialize_keras_object(self.others)}


def of_biases(arguments: dict[str, Any]) -> dict[str, Any]:
    """Without what Keras lets be said of biases that are not there."""
    there = arguments.get("use_bias", True)
    return {name: v for name, v in arguments.items() if there or not name.startswith("bias_")}


def forgetting(arguments: dict[str, Any], unit_forget_bias: bool) -> dict[str, Any]:
    """Keras's `unit_forget_bias` as an initializer; by itself ours starts at 1 as well."""
    arguments = of_biases(arguments)
    if not arguments.get("use_bias", True):
        return arguments
    others = arguments.get("bias_initializer")
    if not unit_forget_bias:
        return arguments | {"bias_initializer": others or "zeros"}
    return arguments if others is None else arguments | {"bias_initializer": UnitForget(others)}


@registered
class SimpleRNNCell(cells.RNN):
    def __init__(self, units: int, **arguments: Any):
        super().__init__(units, **of_biases(arguments))


@registered
class LSTMCell(cells.LSTM):
    def __init__(self, units: int, unit_forget_bias: bool = True, **arguments: Any):
        super().__init__(units, **forgetting(arguments, unit_forget_bias))


@registered
class GRUCell(cells.GRU):
    """Holds its weights as Keras does: z the other way round, and both biases in one, where
    ours has a weight for each."""

    def __init__(self, units: int, reset_after: bool = True, **arguments: Any):
        reset = "after" if reset_after else "before"
        super().__init__(units, reset=reset, **of_biases(arguments))

    def build(self, input_shape: Any) -> None:
        n = self.units
        bias = (2, 3 * n) if self.reset == "after" else (3 * n,)
        self.kernel = self.add_weight(shape=(input_shape[-1], 3 * n), name="W")
        self.recurrent_kernel = self.add_weight(
            shape=(n, 3 * n), initializer="orthogonal", name="U"
        )
        self.bias = self.add_weight(shape=bias, initializer="zeros", name="b")

    def turned(self, weight: Any) -> Any:
        """1 − σ(a) = σ(−a)."""
        signs = ops.repeat(ops.convert_to_tensor([-1, 1, 1], self.compute_dtype), self.units)
        return signs * weight

    @property
    def W(self) -> Any:
        return self.turned(self.kernel)

    @property
    def U(self) -> Any:
        return self.turned(self.recurrent_kernel)

    @property
    def b(self) -> Any:
        if not self.use_bias:
            return 0.0
        if self.reset == "before":
            return self.turned(self.bias)
        n = self.units
        of_gates = ops.concatenate([self.bias[1, : 2 * n], ops.zeros_like(self.bias[1, :n])])
        return self.turned(self.bias[0] + of_gates)  # of z and r there is only their sum

    @property
    def b2(self) -> Any:
        return self.bias[1, 2 * self.units :] if self.use_bias else 0.0


@registered
class ConvLSTMCell(cells.ConvLSTM):
    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Any,
        padding: str = "valid",
        unit_forget_bias: bool = True,
        **arguments: Any,
    ):
        size = (kernel_size,) * rank if isinstance(kernel_size, int) else kernel_size
        arguments = forgetting(arguments, unit_forget_bias)
        super().__init__(filters, size, padding=padding, **arguments)


class Adapted(Recurrent):
    """A recurrent layer of Keras by its arguments."""

    kind: ClassVar[type]  # of its cell

    def __init__(self, units: int | None = None, **arguments: Any):
        arguments |= {} if units is None else {"units": units}
        self._given = dict(arguments)
        loop = {name: arguments.pop(name) for name in LOOP if name in arguments}
        for name in WITHOUT_EFFECT:
            arguments.pop(name, None)
        super().__init__(self.kind(**arguments), **loop)

    def get_config(self) -> dict[str, Any]:
        given = {
            name: keras.saving.serialize_keras_object(value) for name, value in self._given.items()
        }
        return given | keras.layers.Layer.get_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Adapted":
        return cls(**config)


@registered
class SimpleRNN(Adapted):
    kind = SimpleRNNCell


class _WithCudnn(Adapted):
    """Has the attribute `use_cudnn`, which Keras's `Bidirectional` hands on; it has no effect."""

    def __init__(self, units: int, use_cudnn: Any = "auto", **arguments: Any):
        super().__init__(units, **arguments)
        self.use_cudnn = use_cudnn


@registered
class LSTM(_WithCudnn):
    kind = LSTMCell


@registered
class GRU(_WithCudnn):
    kind = GRUCell


@registered
class ConvLSTM(Adapted):
    kind: Any = ConvLSTMCell


@registered
class ConvLSTM1D(ConvLSTM):
    kind = partial(ConvLSTMCell, rank=1)


@registered
class ConvLSTM2D(ConvLSTM):
    kind = partial(ConvLSTMCell, rank=2)


@registered
class ConvLSTM3D(ConvLSTM):
    kind = partial(ConvLSTMCell, rank=3)


RNN = Recurrent  # any Keras cell, or a list of them, as it is

#: What takes the place of Keras's layer or cell of the same name.
ADAPTED: dict[str, Any] = {
    each.__name__: each
    for each in (SimpleRNNCell, LSTMCell, GRUCell, ConvLSTMCell, SimpleRNN, LSTM, GRU, ConvLSTM)
} | {"RNN": RNN, "ConvLSTM1D": ConvLSTM1D, "ConvLSTM2D": ConvLSTM2D, "ConvLSTM3D": ConvLSTM3D}


class Layers:
    """`keras.layers` with our recurrent layers in it: `Dense`, `Bidirectional`, `StackedRNNCells`
    and the like are Keras's, around ours."""

    def __getattr__(self, name: str) -> Any:
        return ADAPTED[name] if name in ADAPTED else getattr(keras_layers, name)
