from typing import Any, ClassVar

import numpy as np
from keras import ops
from scipy import stats

from .base import Head, positive
from .gamma import log_rising


class NegativeBinomial(Head):
    """Negative binomial distribution of counts, by its mean.

    ```
    μ = softplus⁺(raw_0),  α = softplus⁺(raw_1),  r = 1/α          variance μ + α μ²
    loss = log y! + log Γ(r) − log Γ(y + r) − y log(αμ/(1 + αμ)) + r log(1 + αμ)
    ```

    With a small α it is a Poisson distribution.

    Reference: Salinas, Flunkert, Gasthaus and Januschowski (2020), DeepAR: probabilistic
    forecasting with autoregressive recurrent networks, International Journal of Forecasting 36.
    """

    name = "negative_binomial"
    names: ClassVar = ("mean", "dispersion")
    locations: ClassVar = (0, 0)
    scales: ClassVar = (1, 0)
    counts = True

    def parameters(self, raw: Any) -> Any:
        μ, α = positive(raw[..., 0], 1.0), positive(raw[..., 1], 0.3)
        return ops.stack([μ, α], axis=-1)

    def loss(self, truth: Any, parameters: Any) -> Any:
        return -log_pmf(truth, parameters[..., 0], parameters[..., 1])

    def ppf(self, levels: np.ndarray, parameters: np.ndarray) -> np.ndarray:
        μ, α = np.moveaxis(np.asarray(parameters, "float64"), -1, 0)
        return stats.nbinom.ppf(levels, 1 / α, 1 / (1 + α * μ))

    def mean(self, parameters: np.ndarray) -> np.ndarray:
        return parameters[..., 0]


def log_pmf(y: Any, μ: Any, α: Any) -> Any:
    """The logarithm of the probability of counts y, tensors of one shape."""
    r = 1 / α
    combinations = log_rising(r, y) - log_rising(ops.ones_like(y), y)
    return combinations + y * (ops.log(α * μ) - ops.log1p(α * μ)) - r * ops.log1p(α * μ)
