"""The training loss: given by name, by config, as a Keras object or as a function."""

from collections.abc import Sequence
from types import FunctionType
from typing import Any

import keras
import numpy as np
from keras import ops

from ...errors import ArgumentError, ArgumentTypeError, one_of
from ...zoo.losses import SequenceLoss
from .keras_config import from_config, in_words, is_object, to_config
from .keras_settings import LossLike

ALIASES = ("mae", "mse", "mape", "msle", "bce", "kld")
#: Keras's losses that compare two numbers of any size and sign.
OF_VALUES = ("mean_absolute_error", "mean_squared_error", "huber", "log_cosh")
FUNCTIONS = [getattr(keras.losses, name) for name in OF_VALUES]
CLASSES = (
    keras.losses.MeanAbsoluteError, keras.losses.MeanSquaredError, keras.losses.Huber,
    keras.losses.LogCosh,
)  # fmt: skip


def loss_of(given: LossLike | None) -> Any:
    """Returns the loss of a setting as a function or object; `None` for none.

    Raises:
        ArgumentError: Keras has no such name or config.
        ArgumentTypeError: no setting of a loss.
    """
    if given is None:
        return None
    loss: Any = given
    if isinstance(given, str):
        loss = _by_name(given)
    elif isinstance(given, dict):
        loss = from_config("loss", given)
    if not isinstance(loss, (keras.losses.Loss, FunctionType)):
        hint = f" It is a class: give an object, {loss.__name__}()." if _is_class(loss) else ""
        raise ArgumentTypeError(
            "`loss` must be a name such as 'huber', a config such as {'class_name': 'Huber', "
            "'config': {'delta': 2.0}}, an object of keras.losses, or a function of truth and "
            f"forecast. Received: loss={given!r}.{hint}"
        )
    if isinstance(loss, keras.losses.Loss) and loss.reduction in (None, "none"):
        raise ArgumentError(
            "`loss` must be one number, which training minimizes: give it "
            "reduction='sum_over_batch_size' or 'sum'. "
            f"Received: loss={in_words(given)} with reduction={loss.reduction!r}"
        )
    return loss


def described(given: LossLike | None, default: str) -> str:
    """The loss of a setting as short text."""
    return in_words(default if given is None else given)


def is_keras(loss: Any) -> bool:
    """Whether a loss is one of Keras's own."""
    what = loss if isinstance(loss, FunctionType) else type(loss)
    return str(what.__module__).partition(".")[0] == "keras"


def check_values_loss(given: LossLike | None) -> None:
    """Checks that a loss can be applied to single values, so that missing ones are left out.

    Raises:
        ArgumentError: it compares something else, fails, or does not return one number per value.
        ArgumentTypeError: it is no loss.
    """
    loss = loss_of(given)
    if loss is None or isinstance(loss, SequenceLoss):
        return
    if is_keras(loss):
        if loss not in FUNCTIONS and type(loss) not in CLASSES:
            raise ArgumentError(
                f"The loss {in_words(given)} compares classes, shares, vectors or values above 0; "
                "the targets of a forecaster are single scaled values, above and below 0. Give one "
                f"of {', '.join(['mae', 'mse', *OF_VALUES[2:]])}, or a function of your own. "
                f"Received: loss={given!r}"
            )
        return
    _try_out(given, loss)


def _try_out(given: Any, loss: Any) -> None:
    """Applies a user's loss to single values, as training does.

    Raises:
        ArgumentError: it fails, or is not finite.
    """
    truth = np.linspace(-2, 2, 6, dtype="float32").reshape(2, 3)
    forecast = truth[::-1] * 0.5 + 0.25
    name = in_words(given)
    try:
        tensors = map(ops.convert_to_tensor, (truth, forecast))
        values = ops.convert_to_numpy(_one_by_one(loss, *tensors))
    except ArgumentError:
        raise
    except Exception as error:  # whatever a user's function raises
        raise ArgumentError(
            f"The loss {name} fails on truth and forecast of shape (2, 3, 1): "
            f"{type(error).__name__}: {error}"
        ) from error
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        place = tuple(bad[0])
        raise ArgumentError(
            f"The loss {name} is {values[place]} for a truth of {truth[place]:g} and a forecast of "
            f"{forecast[place]:g}: the scaled targets are above and below 0."
        )


def _one_by_one(loss: Any, truth: Any, forecast: Any) -> Any:
    """The loss of each value, in the shape of `truth`.

    Raises:
        ArgumentError: the loss does not return one number per value.
    """
    call = loss.call if isinstance(loss, keras.losses.Loss) else loss
    # Keras's losses are means over the last axis: here over one value
    values = call(ops.expand_dims(truth, -1), ops.expand_dims(forecast, -1))
    shape = tuple(getattr(values, "shape", ()))
    if len(shape) == len(truth.shape) + 1 and shape[-1] == 1:
        return ops.squeeze(values, -1)
    if len(shape) != len(truth.shape):
        raise ArgumentError(
            f"The loss {in_words(loss)} must give a number for each value, (batch, …), of truth "
            "and forecast (batch, …, 1), so that missing ones can be left out: take the mean over "
            f"the last axis, or none. Received: shape {shape} for {(*truth.shape, 1)}"
        )
    return values


@keras.saving.register_keras_serializable("rnnzoo")
class MaskedLoss(keras.losses.Loss):
    """A loss over the targets that are not missing (NaN).

    ```
    loss = Σ_i w_i ℓ(y_i / s_i, ŷ_i / s_i) / n        over the n targets y_i that are not NaN
    ```

    ℓ is applied to each value on its own; the sum is not divided by n where `reduction` is
    `"sum"`. A `SequenceLoss`, which handles NaN itself, gets the whole sequences.

    Args:
        loss: the `loss` of a forecaster; by default the absolute error.
        size: s, one number per channel, `(channels,)`; by default 1.

    Called with truth and forecast of one shape, and optionally with weights w that broadcast
    to it.
    """

    def __init__(self, loss: LossLike | None = None, size: Any = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.given, self.loss = loss, loss_of(loss)
        if self.loss is keras.losses.mean_absolute_error:
            self.loss = None
        self.size = None if size is None else np.asarray(size, "float32")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        truth, forecast = (ops.convert_to_tensor(y, dtype=self.dtype) for y in (y_true, y_pred))
        if self.size is not None:
            truth, forecast = ops.divide(truth, self.size), ops.divide(forecast, self.size)
        if isinstance(self.loss, SequenceLoss):
            return self.loss(_sequences(truth), _sequences(forecast), sample_weight)
        if self.loss is None and sample_weight is None:
            return mean_absolute_error(truth, forecast)
        return self._mean(truth, forecast, sample_weight)

    def _mean(self, truth: Any, forecast: Any, weights: Any) -> Any:
        there = ops.logical_not(ops.isnan(truth))
        # zeros before anything is computed: a gradient of NaN times zero would be NaN
        nothing = ops.zeros_like(truth)
        pair = [ops.where(there, y, nothing) for y in (truth, forecast)]
        lost = ops.abs(pair[1] - pair[0]) if self.loss is None else _one_by_one(self.loss, *pair)
        lost = ops.where(there, ops.cast(lost, truth.dtype), nothing)
        count = ops.cast(there, truth.dtype)
        if weights is not None:
            weights = ops.convert_to_tensor(weights, dtype=self.dtype)
            lost = lost * weights
        how = getattr(self.loss, "reduction", "mean")
        if how == "sum":
            return ops.sum(lost)
        if how == "mean_with_sample_weight" and weights is not None:
            count = count * weights
            return ops.sum(lost) / ops.maximum(ops.sum(count), keras.config.epsilon())
        return ops.sum(lost) / ops.maximum(ops.sum(count), 1)

    def get_config(self) -> dict[str, Any]:
        given = to_config(self.given) if is_object(self.given) else self.given
        size = None if self.size is None else self.size.tolist()
        return {"name": self.name, "loss": given, "size": size}


def mean_absolute_error(truth: Any, forecast: Any) -> Any:
    """Mean absolute error over the targets that are not NaN."""
    known = ops.logical_not(ops.isnan(truth))
    error = ops.abs(forecast - ops.where(known, truth, forecast))
    return ops.sum(error) / ops.maximum(ops.sum(ops.cast(known, error.dtype)), 1)


def known_names() -> Sequence[str]:
    """The names of Keras's losses, short names first."""
    functions = [k for k, one in vars(keras.losses).items() if isinstance(one, FunctionType)]
    return [*ALIASES, *(k for k in functions if k not in ("get", "serialize", "deserialize"))]


def _by_name(name: str) -> Any:
    """Finds a registered loss by its name, or one of Keras's by the name of function or class."""
    registered = keras.saving.get_registered_object(name)
    if registered is not None:
        return registered() if _is_class(registered) else registered
    try:
        return keras.losses.get(name)
    except ValueError:
        return keras.losses.get(one_of("loss", name.lower(), known_names()))


def _is_class(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, keras.losses.Loss)


def _sequences(values: Any) -> Any:
    """Reshapes to `(batch, time, channels)`: the leads `(batch, horizon)` become steps."""
    return ops.expand_dims(values, -1) if len(values.shape) == 2 else values
