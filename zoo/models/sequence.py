"""Networks over sequences: many steps to one answer, many to many, one to many."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from ...errors import ArgumentError, ArgumentTypeError, flag, one_of, whole_number
from ..cells import Feedback, checks
from ..cells.activation import ActivationLike, find_registered
from ..cells.adapter import is_cell
from ..layers import Recurrent, stack

KINDS = ("many_to_one", "many_to_many", "one_to_many")


def sequence(
    layers: Any,
    inputs: int,
    outputs: int,
    kind: str = "many_to_one",
    activation: ActivationLike = "linear",
    steps: int | None = None,
    masked: bool = False,
    head: keras.layers.Layer | None = None,
    batch_size: int | None = None,
    engine: str = "auto",
) -> keras.Model:
    """Builds a network over sequences from any cells.

    ```
    many_to_one    y   = γ(O s_T + d)                                 s_t = layers(x_t, s_{t−1})
    many_to_many   y_t = γ(O s_t + d)
    one_to_many    y_t = γ(v_t),  v_t = O s_t + d,  s_t = layers(concat(v_{t−1}, x_t), s_{t−1})
                   x_1 the one vector read, x_2 … x_steps = 0, v_0 = 0
    ```

    Items of different lengths share a batch (`padded`) with `masked=True`: a masked step does not
    change the states, so a single answer is that of each item's own last step. For how a loss
    leaves out the masked steps of many answers see `zoo/losses.py`.

    Args:
        layers: a list of cells and of layers between them, as for `stack`; for one to many, only
            cells. Or a Keras layer over sequences, such as `Bidirectional(Recurrent(cell))`, that
            returns its last output or all outputs, as the kind requires.
        inputs: width of x.
        outputs: width of y.
        kind: `"many_to_one"`, `"many_to_many"` or `"one_to_many"`.
        activation: γ, a Keras activation or its name.
        steps: length of the sequences; by default any. One to many needs it, and usually so does
            the engine `"parallel"`.
        masked: take a second input `mask`, booleans `(batch, time)`, `False` where an item
            has no step.
        head: layer from s to y in place of the dense one, with its own activation. There is no
            head where the last cell has its own output layer, `outputs` wide.
        batch_size: batch size, if fixed, as for stateful layers, such as
            `stack(cells, stateful=True)`.
        engine: engine of the loops over time, as for `Recurrent`.

    Returns:
        A model from x, `(batch, time, inputs)`, or `[x, mask]`, to `(batch, outputs)` or
        `(batch, time, outputs)`; one to many from `(batch, inputs)` to
        `(batch, steps, outputs)`.

    Raises:
        ArgumentError, ArgumentTypeError: an argument is invalid, or the kind does not take it.

    Reference: Williams and Zipser (1989), A learning algorithm for continually running
    fully recurrent neural networks, Neural Computation 1.

    Example:

    >>> import numpy as np
    >>> from rnnzoo import cells
    >>> from rnnzoo.zoo.models import padded, sequence
    >>> network = sequence([cells.GRU(8)], inputs=2, outputs=1, masked=True)
    >>> x, mask = padded([np.ones((3, 2)), np.ones((5, 2))])
    >>> network.predict([x, mask], verbose=0).shape
    (2, 1)
    """
    inputs, outputs = whole_number("inputs", inputs), whole_number("outputs", outputs)
    one_of("kind", kind, KINDS)
    flag("masked", masked)
    for name, number in (("steps", steps), ("batch_size", batch_size)):
        if number is not None:
            whole_number(name, number)
    activation = find_registered(checks.activation("activation", activation))
    if head is not None and not isinstance(head, keras.layers.Layer):
        raise ArgumentTypeError(f"`head` must be a Keras layer. Received: head={head!r}")
    if head is not None and activation != "linear":
        raise ArgumentError(
            "A `head` of your own has its own activation. "
            f"Received: head={head!r}, activation={activation!r}"
        )
    if kind == "one_to_many":
        return _one_to_many(
            layers, inputs, outputs, activation, steps, masked, head, batch_size, engine
        )
    loop = _loop(layers, kind == "many_to_many", engine)
    x = keras.Input((steps, inputs), batch_size, name="x")
    given = [x]
    if masked:
        given.append(keras.Input((steps,), batch_size, dtype="bool", name="mask"))
    s = loop(x, mask=given[1]) if masked else loop(x)
    _require_rank(s, kind)
    if head is not None:
        y = head(s)
    elif _has_own_output(layers, outputs):
        y = keras.layers.Activation(activation, name="head")(s)
    else:
        y = keras.layers.Dense(outputs, activation, name="head")(s)
    if y.shape[-1] != outputs:
        raise ArgumentError(
            f"`head` must put out `outputs` channels. Received: outputs={outputs}, "
            f"a head with {y.shape[-1]}"
        )
    return keras.Model(given if masked else x, y, name=kind)


def padded(items: Sequence[Any], fill: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Pads items of different lengths at the end, and returns them as one array.

    Args:
        items: arrays `(time, channels)` of one width, each with its own number of steps.
        fill: value of the padding: 0 for inputs, NaN for the truth, where the losses of
            `zoo/losses.py` leave it out.

    Returns:
        The array, `(items, longest, channels)`, and the mask, booleans `(items, longest)`.

    Raises:
        ArgumentTypeError: not arrays of numbers.
        ArgumentError: no items, or not all of shape `(time, channels)`.
    """
    try:
        arrays = [np.asarray(item, keras.config.floatx()) for item in items]
    except (TypeError, ValueError):
        raise ArgumentTypeError(
            f"`items` must be arrays of numbers. Received: items={items!r}"
        ) from None
    shapes = [array.shape for array in arrays]
    if {(len(shape), *shape[1:]) for shape in shapes} != {(2, *(shapes or [()])[0][1:])}:
        raise ArgumentError(
            "`items` must be arrays of shape (time, channels), of one width. "
            f"Received: shapes {shapes}"
        )
    lengths = np.array([len(array) for array in arrays])
    mask = np.arange(lengths.max()) < lengths[:, None]
    whole = np.full((*mask.shape, arrays[0].shape[1]), fill, keras.config.floatx())
    whole[mask] = np.concatenate(arrays)
    return whole, mask


def _one_to_many(
    layers: Any,
    inputs: int,
    outputs: int,
    activation: Any,
    steps: int | None,
    masked: bool,
    head: Any,
    batch_size: int | None,
    engine: str,
) -> keras.Model:
    if not isinstance(layers, (list, tuple)) or not all(map(is_cell, layers)):
        raise ArgumentTypeError(
            f"`layers` of one to many must be a list of cells alone. Received: layers={layers!r}"
        )
    if steps is None or masked or head is not None:
        raise ArgumentError(
            "One to many needs `steps`, and takes no `masked`, for it reads one vector, and no "
            "`head`, for its output is fed back. "
            f"Received: steps={steps}, masked={masked}, head={head!r}"
        )
    x = keras.Input((inputs,), batch_size, name="x")
    read = ops.pad(x[:, None], ((0, 0), (0, steps - 1), (0, 0)))  # (batch, steps, inputs)
    fed_back = Feedback(list(layers), outputs)
    v = Recurrent(fed_back, return_sequences=True, engine=engine)(read)
    y = keras.layers.Activation(activation, name="head")(v)
    return keras.Model(x, y, name="one_to_many")


def _loop(layers: Any, every: bool, engine: str) -> keras.layers.Layer:
    if is_cell(layers):
        raise ArgumentTypeError(f"`layers` must be a list of cells. Received: layers={layers!r}")
    if isinstance(layers, keras.layers.Layer):
        if engine != "auto":
            raise ArgumentError(
                "A layer of your own is run by its own engine: set it there. "
                f"Received: engine={engine!r}"
            )
        return layers
    if not isinstance(layers, (list, tuple)):
        raise ArgumentTypeError(
            f"`layers` must be a list of cells and layers, or a layer. Received: layers={layers!r}"
        )
    return stack(layers, return_sequences=every, engine=engine)


def _require_rank(s: Any, kind: str) -> None:
    wanted = {"many_to_one": 2, "many_to_many": 3}[kind]
    if isinstance(s, (list, tuple)) or len(s.shape) != wanted:
        what = "its last output" if wanted == 2 else "the outputs of all steps"
        found = [tuple(t.shape) for t in (s if isinstance(s, (list, tuple)) else [s])]
        raise ArgumentError(
            f'`layers` must return {what} for kind="{kind}". Received: a layer that returns '
            f"shapes {found}"
        )


def _has_own_output(layers: Any, outputs: int) -> bool:
    last = layers[-1] if isinstance(layers, (list, tuple)) else layers
    cell = last.cell if isinstance(last, Recurrent) else last
    return getattr(cell, "has_output_layer", False) and cell.output_size == outputs
