from typing import Any, ClassVar

import numpy as np
from keras import ops
from scipy import stats

from .base import Head, positive
from .negative_binomial import log_pmf

EDGE = 1e-6  # smallest share of zeros, and of others


class ZeroInflated(Head):
    """Negative binomial counts with extra zeros, for demand that often is none.

    ```
    μ = softplus⁺(raw_0),  α = softplus⁺(raw_1),  π = sigmoid(raw_2 − 2)
    P(0) = π + (1 − π) NB(0),  P(y) = (1 − π) NB(y)
    ```

    The mean is (1 − π) μ.

    Reference: Lambert (1992), Zero-inflated Poisson regression, with an application to defects in
    manufacturing, Technometrics 34.
    """

    name = "zero_inflated"
    names: ClassVar = ("mean", "dispersion", "zeros")
    locations: ClassVar = (0, 0, 0)
    scales: ClassVar = (1, 0, 0)
    counts = True

    def parameters(self, raw: Any) -> Any:
        π = EDGE + (1 - 2 * EDGE) * ops.sigmoid(raw[..., 2] - 2)
        return ops.stack([positive(raw[..., 0], 1.0), positive(raw[..., 1], 0.3), π], axis=-1)

    def loss(self, truth: Any, parameters: Any) -> Any:
        μ, α, π = (parameters[..., k] for k in range(3))
        counted = ops.log1p(-π) + log_pmf(truth, μ, α)
        return -ops.where(truth > 0, counted, ops.logaddexp(ops.log(π), counted))

    def ppf(self, levels: np.ndarray, parameters: np.ndarray) -> np.ndarray:
        μ, α, π = np.moveaxis(np.asarray(parameters, "float64"), -1, 0)
        rest = np.maximum((levels - π) / (1 - π), 0)
        counts = stats.nbinom.ppf(rest, 1 / α, 1 / (1 + α * μ))
        return np.maximum(counts, 0)  # of the level 0 it is −1

    def mean(self, parameters: np.ndarray) -> np.ndarray:
        return parameters[..., 0] * (1 - parameters[..., 2])
