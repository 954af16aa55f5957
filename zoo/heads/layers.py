"""The layers and the loss by which a network learns a head."""

from typing import Any

import keras
import numpy as np
from keras import ops

from . import HEADS


@keras.saving.register_keras_serializable("rnnzoo")
class HeadParameters(keras.layers.Layer):
    """Maps the raw outputs of a network to the parameters of a head, both `(…, outputs)`."""

    def __init__(self, head: str, **kwargs: Any):
        super().__init__(**kwargs)
        self.head = head

    @property
    def outputs(self) -> int:
        """The number of raw outputs for each value."""
        return HEADS[self.head]().outputs

    def call(self, inputs: Any) -> Any:
        return HEADS[self.head]().parameters(inputs)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"head": self.head}


@keras.saving.register_keras_serializable("rnnzoo")
class HeadScale(keras.layers.Layer):
    """Scales the values of each lead by a number that is not trained.

    Attributes:
        size: the numbers, `(leads,)`, initially 1.

    Shapes: parameters, `(…, leads, outputs)`.
    """

    def __init__(self, head: str, **kwargs: Any):
        super().__init__(**kwargs)
        self.head = head

    def build(self, input_shape: Any) -> None:
        self.size = self.add_weight(
            shape=(input_shape[-2],), initializer="ones", trainable=False, name="size"
        )

    def call(self, inputs: Any) -> Any:
        size = ops.expand_dims(ops.convert_to_tensor(self.size), -1)
        return HEADS[self.head]().placed(inputs, 0.0, size, ops)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"head": self.head}


@keras.saving.register_keras_serializable("rnnzoo")
class HeadLoss(keras.losses.Loss):
    """The loss of a head over the targets that are not missing (NaN).

    ```
    loss = Σ_i w_i ℓ(y_i / s_i; parameters of y_i / s_i) / n      over the n known targets y_i
    ```

    Args:
        head: name in `HEADS`.
        size: s, one number per lead; by default 1.

    Called with truth `(…)` and parameters `(…, outputs)`, and optionally with weights in the shape
    of the truth. Truth of counts is `(…, 2)`: the count, and the level that its mean is in units
    of.
    """

    def __init__(self, head: str, size: Any = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.head = head
        self.size = None if size is None else np.asarray(size, "float32")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        head = HEADS[self.head]()
        truth, parameters = (ops.convert_to_tensor(y, dtype=self.dtype) for y in (y_true, y_pred))
        if head.counts:
            level = _where_known(truth[..., 1], 1.0)
            truth = truth[..., 0]
            parameters = head.placed(parameters, 0.0, ops.expand_dims(level, -1), ops)
        elif self.size is not None:
            truth = ops.divide(truth, self.size)
            parameters = head.placed(parameters, 0.0, 1 / self.size[:, None], ops)
        known = ops.logical_not(ops.isnan(truth))
        # a value before anything is computed: a gradient of NaN times zero would be NaN
        lost = head.loss(_where_known(truth, 0.0), parameters)
        lost = ops.where(known, lost, ops.zeros_like(lost))
        if sample_weight is not None:
            weights = ops.convert_to_tensor(sample_weight, dtype=self.dtype)
            lost = lost * (weights[..., 0] if head.counts else weights)
        return ops.sum(lost) / ops.maximum(ops.sum(ops.cast(known, lost.dtype)), 1)

    def get_config(self) -> dict[str, Any]:
        size = None if self.size is None else self.size.tolist()
        return {"name": self.name, "head": self.head, "size": size}


def _where_known(values: Any, otherwise: float) -> Any:
    return ops.where(ops.isnan(values), otherwise * ops.ones_like(values), values)
