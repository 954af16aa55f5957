"""The loss of training: by name, by config, an object of Keras or a function."""

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
    """The function, or the object, of a setting; `None` where there is none.

    Raises:
        ArgumentError: Keras knows no such name or config.
        ArgumentTypeError: something else, or what is no loss.
    """
    if given is None:
        return None
    found: Any = given
    if isinstance(given, str):
        found = _named(given)
    elif isinstance(given, dict):
        found = from_config("loss", given)
    if not isinstance(found, (keras.losses.Loss, FunctionType)):
        hint = f" It is a class: give an object, {found.__name__}()." if _is_class(found) else ""
        raise ArgumentTypeError(
            "`loss` must be a name such as 'huber', a config such as {'class_name': 'Huber', "
            "'config': {'delta': 2.0}}, an object of keras.losses, or a function of truth and "
            f"forecast. Received: loss={given!r}.{hint}"
        )
    if isinstance(found, keras.losses.Loss) and found.reduction in (None, "none"):
        raise ArgumentError(
            "`loss` must come to one number, to be made smaller: give it "
            "reduction='sum_over_batch_size' or 'sum'. "
            f"Received: loss={in_words(given)} with reduction={found.reduction!r}"
        )
    return found


def described(given: LossLike | None, default: str) -> str:
    """The loss that is used, in short."""
    return in_words(default if given is None else given)


def is_keras(loss: Any) -> bool:
    """Whether a loss is one of Keras's own."""
    what = loss if isinstance(loss, FunctionType) else type(loss)
    return str(what.__module__).partition(".")[0] == "keras"


def check_values_loss(given: LossLike | None) -> None:
    """Sees that a loss can be applied to each value on its own, missing ones left out.

    Raises:
        ArgumentError: it compares something else, fails, or does not give a number a value.
        ArgumentTypeError: it is no loss.
    """
    loss = loss_of(given)
    if loss is None or isinstance(loss, SequenceLoss):
        return
    if is_keras(loss):
        if loss not in FUNCTIONS and type(loss) not in CLASSES:
            raise ArgumentError(
                f"The loss {in_words(given)} compares classes, shares, vectors or values above 0; "
                "what a forecaster learns are single values, scaled, on both sides of 0. Give one "
                f"of {', '.join(['mae', 'mse', *OF_VALUES[2:]])}, or a function of your own. "
                f"Received: loss={given!r}"
            )
        return
    _try(given, loss)


def _try(given: Any, loss: Any) -> None:
    """One value after the other, as training does."""
    truth = np.linspace(-2, 2, 6, dtype="float32").reshape(2, 3)
    forecast = truth[::-1] * 0.5 + 0.25
    name = in_words(given)
    try:
        tensors = map(ops.convert_to_tensor, (truth, forecast))
        found = ops.convert_to_numpy(_one_by_one(loss, *tensors))
    except ArgumentError:
        raise
    except Exception as error:  # whatever a user's function raises
        raise ArgumentError(
            f"The loss {name} fails on truth and forecast of shape (2, 3, 1): "
            f"{type(error).__name__}: {error}"
        ) from error
    bad = np.argwhere(~np.isfinite(found))
    if len(bad):
        place = tuple(bad[0])
        raise ArgumentError(
            f"The loss {name} is {found[place]} for a truth of {truth[place]:g} and a forecast of "
            f"{forecast[place]:g}: what a forecaster learns is scaled, on both sides of 0."
        )


def _one_by_one(loss: Any, truth: Any, forecast: Any) -> Any:
    """The loss of each value, in the shape of `truth`."""
    call = loss.call if isinstance(loss, keras.losses.Loss) else loss
    # Keras's losses are means over the last axis: here over one value
    found = call(ops.expand_dims(truth, -1), ops.expand_dims(forecast, -1))
    shape = tuple(getattr(found, "shape", ()))
    if len(shape) == len(truth.shape) + 1 and shape[-1] == 1:
        return ops.squeeze(found, -1)
    if len(shape) != len(truth.shape):
        raise ArgumentError(
            f"The loss {in_words(loss)} must give a number for each value, (batch, …), of truth "
            "and forecast (batch, …, 1), so that missing ones can be left out: take the mean over "
            f"the last axis, or none. Received: shape {shape} for {(*truth.shape, 1)}"
        )
    return found


@keras.saving.register_keras_serializable("rnnzoo")
class MaskedLoss(keras.losses.Loss):
    """A loss over the targets that are there, NaN being those that are not.

    ```
    loss = Σ_i w_i ℓ(y_i / s_i, ŷ_i / s_i) / n        over the n targets y_i that are not NaN
    ```

    ℓ is applied to each value on its own; the sum is not divided by n where `reduction` is
    `"sum"`. A `SequenceLoss`, which takes NaN itself, is given the whole sequences.

    Args:
        loss: a setting of a forecaster; by default the absolute error.
        size: s, one for each channel, `(channels,)`; by default 1.

    Called with truth and forecast of one shape, and, if they differ, weights w that can be
    broadcast to it.
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
    counted = ops.logical_not(ops.isnan(truth))
    error = ops.abs(forecast - ops.where(counted, truth, forecast))
    return ops.sum(error) / ops.maximum(ops.sum(ops.cast(counted, error.dtype)), 1)


def known_names() -> Sequence[str]:
    """Names of Keras's losses: of its functions, and in short."""
    functions = [k for k, one in vars(keras.losses).items() if isinstance(one, FunctionType)]
    return [*ALIASES, *(k for k in functions if k not in ("get", "serialize", "deserialize"))]


def _named(name: str) -> Any:
    """One of Keras's by its name, as of a function or of a class, or one that is registered."""
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
    """`(batch, time, channels)`: leads side by side are steps of one channel."""
    return ops.expand_dims(values, -1) if len(values.shape) == 2 else values
