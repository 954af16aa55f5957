import math
from typing import Any, ClassVar

import numpy as np
from keras import ops
from scipy import special

from .base import Head, positive


class Normal(Head):
    """Normal distribution.

    ```
    μ = raw_0,  σ = softplus⁺(raw_1)
    loss = ½ ((y − μ)/σ)² + log σ + ½ log 2π
    ```

    Reference: Nix and Weigend (1994), Estimating the mean and variance of the target probability
    distribution, IEEE International Conference on Neural Networks.
    """

    name = "normal"
    names: ClassVar = ("loc", "scale")
    locations: ClassVar = (1, 0)
    scales: ClassVar = (1, 1)

    def parameters(self, raw: Any) -> Any:
        return ops.stack([raw[..., 0], positive(raw[..., 1], 1.0)], axis=-1)

    def loss(self, truth: Any, parameters: Any) -> Any:
        μ, σ = parameters[..., 0], parameters[..., 1]
        return ops.square((truth - μ) / σ) / 2 + ops.log(σ) + math.log(2 * math.pi) / 2

    def ppf(self, levels: np.ndarray, parameters: np.ndarray) -> np.ndarray:
        return parameters[..., 0] + parameters[..., 1] * special.ndtri(levels)

    def mean(self, parameters: np.ndarray) -> np.ndarray:
        return parameters[..., 0]
