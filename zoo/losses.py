"""Losses over whole sequences of different lengths."""

from typing import Any

import keras
from keras import ops
from keras.src.backend import get_keras_mask  # it has no public name

from ..errors import ArgumentError


class SequenceLoss(keras.losses.Loss):
    """Base of losses over whole sequences: one number per item, not per step.

    ```
    loss = mean over the items of  divergence(truth, forecast, mask)
    ```

    The truth is also the mask: it is NaN where an item has no step (`padded(…, nan)`), or no
    value. Forecasts there affect neither the loss nor its gradient. A mask that Keras attaches to
    the forecast hides steps as well.

    A subclass defines `divergence` and is registered with
    `keras.saving.register_keras_serializable`. The `sample_weight` of Keras has the shape
    `(batch,)`; steps have no weights, except that NaN leaves them out.

    Shapes: truth `(batch, time, channels)`, forecast the same, or with classes as its
    channels.
    """

    def divergence(self, truth: Any, forecast: Any, mask: Any) -> Any:
        """The distance between the forecast of each item and the truth, `(batch,)`.

        Args:
            truth: `(batch, time, channels)`, zeros where missing.
            forecast: `(batch, time, …)`, zeros at steps without truth.
            mask: 1 where the truth is known, else 0; the shape is that of the truth, the type
                that of the forecast.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `divergence`.")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        if sample_weight is not None:
            _require_one_per_item(sample_weight)
        # Keras would weight steps by the mask, but there is one number per item
        steps = get_keras_mask(y_pred)
        if steps is not None:
            y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
            y_true = ops.where(steps[..., None], y_true, float("nan"))
            # a new tensor, which does not carry the mask
            y_pred = ops.where(steps[..., None], y_pred, ops.zeros_like(y_pred))
        return super().__call__(y_true, y_pred, sample_weight)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        if len(y_true.shape) != 3 or len(y_pred.shape) != 3:
            raise ArgumentError(
                "Truth and forecast must be sequences, (batch, time, channels). "
                f"Received: shapes {tuple(y_true.shape)} and {tuple(y_pred.shape)}"
            )
        known = ops.logical_not(ops.isnan(y_true))
        at_all = ops.any(known, axis=-1, keepdims=True)  # (batch, time, 1)
        truth = ops.where(known, y_true, ops.zeros_like(y_true))
        # zeros before anything is computed: a gradient of NaN times zero would be NaN
        forecast = ops.where(at_all, y_pred, ops.zeros_like(y_pred))
        losses = self.divergence(truth, forecast, ops.cast(known, forecast.dtype))
        return ops.where(ops.any(known, axis=(1, 2)), losses, ops.zeros_like(losses))


@keras.saving.register_keras_serializable("rnnzoo")
class MeanSquared(SequenceLoss):
    """Mean squared error over the known values.

    ```
    Σ_{t,k} m_{tk} (y_{tk} − ŷ_{tk})² / Σ_{t,k} m_{tk}
    ```

    All items have equal weight, however short they are.

    Example:

    >>> import numpy as np
    >>> from rnnzoo.zoo.losses import MeanSquared
    >>> truth = np.array([[[1.0], [2.0], [np.nan]]])
    >>> float(MeanSquared()(truth, np.zeros((1, 3, 1))))
    2.5
    """

    def divergence(self, truth: Any, forecast: Any, mask: Any) -> Any:
        _require_same(truth, forecast)
        return _mean(ops.square(truth - forecast), mask)


@keras.saving.register_keras_serializable("rnnzoo")
class CrossEntropy(SequenceLoss):
    """Mean cross-entropy of classes over the known steps.

    ```
    −Σ_t m_t log softmax(ŷ_t)_{y_t} / Σ_t m_t
    ```

    The truth is the number of the class, `(batch, time, 1)`, of a type that can hold NaN; the
    forecast is the logits, `(batch, time, classes)`, without activation. A truth that is no whole
    number in [0, classes) makes the loss NaN.
    """

    def divergence(self, truth: Any, forecast: Any, mask: Any) -> Any:
        if truth.shape[-1] != 1:
            raise ArgumentError(
                "The truth must be the number of a class, (batch, time, 1). "
                f"Received: shape={tuple(truth.shape)}"
            )
        possible = (truth >= 0) & (truth < forecast.shape[-1]) & (truth == ops.floor(truth))
        truth = ops.where(possible, truth, ops.zeros_like(truth))  # torch raises for others
        classes = ops.one_hot(ops.cast(truth[..., 0], "int32"), forecast.shape[-1])
        likely = ops.log_softmax(forecast, axis=-1) * ops.cast(classes, forecast.dtype)
        lost = -ops.sum(likely, axis=-1, keepdims=True)
        return _mean(ops.where(possible, lost, float("nan")), mask)


@keras.saving.register_keras_serializable("rnnzoo")
class Decorrelation(SequenceLoss):
    """One minus the correlation of the two series: it compares their shape, not level or scale.

    ```
    1 − Σ_t z_t ẑ_t / √(Σ_t z_t² Σ_t ẑ_t² + ε),    z_t = (y_t − ȳ) / max_t |y_t − ȳ|
    ```

    ẑ is computed from ŷ as z is from y, so that ε is negligible however small a series is. Sums,
    mean ȳ and largest value are over the known steps; the result is the mean over the channels.
    It is no sum of separate losses of steps. It ranges from 0, for a series that is the other
    scaled and shifted, to 2; it is 1 if a series is constant or has a single step.

    Reference: Pearson (1895), Note on regression and inheritance in the case of two parents.
    """

    def divergence(self, truth: Any, forecast: Any, mask: Any) -> Any:
        _require_same(truth, forecast)
        truth, forecast = _scaled(truth, mask), _scaled(forecast, mask)
        both = ops.sum(truth * forecast, axis=1)  # (batch, channels)
        sizes = ops.sum(ops.square(truth), axis=1) * ops.sum(ops.square(forecast), axis=1)
        # ε keeps the gradient of the root finite where a series is constant
        correlation = both / ops.sqrt(sizes + keras.config.epsilon())
        there = ops.max(mask, axis=1)  # channels with any known value
        return ops.sum((1 - correlation) * there, axis=-1) / _at_least_one(ops.sum(there, axis=-1))


def _mean(values: Any, mask: Any) -> Any:
    """The mean of each item over the values where the mask is 1, `(batch,)`."""
    return ops.sum(values * mask, axis=(1, 2)) / _at_least_one(ops.sum(mask, axis=(1, 2)))


def _scaled(series: Any, mask: Any) -> Any:
    """Subtracts the mean, and divides by the largest absolute value."""
    count = _at_least_one(ops.sum(mask, axis=1, keepdims=True))
    centered = (series - ops.sum(series * mask, axis=1, keepdims=True) / count) * mask
    level, reach = (ops.max(ops.abs(s * mask), axis=1, keepdims=True) for s in (series, centered))
    # a constant differs from its mean by rounding errors, which must not be amplified
    scale = ops.where(reach > 1e-6 * level, reach, _at_least_one(level))
    # the correlation does not depend on the scale: no gradient
    return centered / ops.stop_gradient(scale)


def _at_least_one(count: Any) -> Any:
    return ops.maximum(count, ops.ones_like(count))


def _require_one_per_item(weights: Any) -> None:
    shape = tuple(ops.convert_to_tensor(weights).shape)
    if any(n != 1 for n in shape[1:]):
        raise ArgumentError(
            "`sample_weight` must be one weight per item, (batch,): the loss takes a sequence as a "
            "whole. To leave steps out, make their truth NaN. "
            f"Received: shape={shape}"
        )


def _require_same(truth: Any, forecast: Any) -> None:
    if truth.shape[-1] != forecast.shape[-1]:
        raise ArgumentError(
            "Truth and forecast must have the same channels. "
            f"Received: shapes {tuple(truth.shape)} and {tuple(forecast.shape)}"
        )
