"""Ratios of gamma functions in Keras operations, which have no gamma function."""

from typing import Any

import numpy as np
from keras import ops

SHIFT = 8  # Stirling's series is exact to single precision above this


def log_rising(x: Any, y: Any) -> Any:
    """log Γ(x + y) − log Γ(x) for x > 0 and y ≥ 0: the logarithm of a rising factorial.

    ```
    Γ(x + y) / Γ(x) = Γ(x′ + y) / Γ(x′) · Π_{i<8} (x + i) / (x + y + i),    x′ = x + 8
    ```

    by Stirling's series, arranged so that nothing large is subtracted where y is much smaller than
    x. Gradients by automatic differentiation are as exact.

    Reference: Abramowitz and Stegun (1964), Handbook of mathematical functions, 6.1.15, 6.1.41.
    """
    steps = ops.add(ops.expand_dims(x, -1), np.arange(SHIFT, dtype="float32"))
    shifted = ops.log1p(ops.expand_dims(y, -1) / steps)
    x = x + SHIFT
    stirling = (x - 0.5) * ops.log1p(y / x) + y * ops.log(x + y) - y
    return stirling + _series(x + y) - _series(x) - ops.sum(shifted, axis=-1)


def _series(x: Any) -> Any:
    return 1 / (12 * x) - 1 / (360 * x * x * x)
