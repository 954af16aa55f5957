import math
from typing import Any, ClassVar

import numpy as np
from keras import ops
from scipy import special

from .base import Head, positive
from .gamma import log_rising


class StudentT(Head):
    """Student's t distribution: tails as heavy as those of returns.

    ```
    μ = raw_0,  σ = softplus⁺(raw_1),  ν = 2 + softplus⁺(raw_2)
    loss = log Γ(ν/2) − log Γ((ν+1)/2) + ½ log νπ + log σ + (ν+1)/2 log(1 + ((y − μ)/σ)²/ν)
    ```

    With ν above 2 the variance, σ² ν/(ν−2), is finite.

    Reference: Lange, Little and Taylor (1989), Robust statistical modeling using the t
    distribution, Journal of the American Statistical Association 84; Bollerslev (1987), A
    conditionally heteroskedastic time series model for speculative prices and rates of return.
    """

    name = "student_t"
    names: ClassVar = ("loc", "scale", "df")
    locations: ClassVar = (1, 0, 0)
    scales: ClassVar = (1, 1, 0)

    def parameters(self, raw: Any) -> Any:
        σ, ν = positive(raw[..., 1], 1.0), 2 + positive(raw[..., 2], 4.0)
        return ops.stack([raw[..., 0], σ, ν], axis=-1)

    def loss(self, truth: Any, parameters: Any) -> Any:
        μ, σ, ν = (parameters[..., k] for k in range(3))
        ratio = log_rising(ν / 2, 0.5 * ops.ones_like(ν))
        far = ops.log1p(ops.square((truth - μ) / σ) / ν)
        return ops.log(ν * math.pi) / 2 - ratio + ops.log(σ) + (ν + 1) / 2 * far

    def ppf(self, levels: np.ndarray, parameters: np.ndarray) -> np.ndarray:
        μ, σ, ν = np.moveaxis(np.asarray(parameters, "float64"), -1, 0)
        return μ + σ * special.stdtrit(ν, levels)

    def mean(self, parameters: np.ndarray) -> np.ndarray:
        return parameters[..., 0]
