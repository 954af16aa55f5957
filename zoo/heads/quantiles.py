from typing import Any, ClassVar

import numpy as np
from keras import ops
from scipy import special

from .base import Head, positive

LEVELS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975)
MIDDLE = LEVELS.index(0.5)
SCORES = special.ndtri(LEVELS)  # of a standard normal distribution
GAPS = np.diff(SCORES).astype("float32")


class Quantiles(Head):
    """Quantiles of 13 levels that cannot cross, whatever the distribution.

    ```
    q_½ = raw_0,   q_{k±1} = q_k ± g_k softplus⁺(raw_k)        outwards from the median
    loss = mean over the levels α of  2 max(α (y − q_α), (α − 1)(y − q_α))
    ```

    g are the gaps between the quantiles of a normal distribution. Between the levels, and beyond
    them, quantiles are linear in the normal score of the level, so that they increase over all of
    (0, 1). The mean of twice the pinball loss is near the CRPS; of the median alone it is the
    absolute error.

    References: Koenker and Bassett (1978), Regression quantiles, Econometrica 46; Wen, Torkkola,
    Narayanaswamy and Madeka (2017), A multi-horizon quantile recurrent forecaster.
    """

    name = "quantiles"
    names: ClassVar = tuple(f"q{100 * level:g}" for level in LEVELS)
    locations: ClassVar = (1,) * len(LEVELS)
    scales: ClassVar = (1,) * len(LEVELS)
    criterion = "mean pinball loss"

    def parameters(self, raw: Any) -> Any:
        median, gaps = raw[..., :1], ops.multiply(GAPS, positive(raw[..., 1:], 1.0))
        below = ops.flip(ops.cumsum(ops.flip(gaps[..., :MIDDLE], -1), -1), -1)
        above = ops.cumsum(gaps[..., MIDDLE:], -1)
        return ops.concatenate([median - below, median, median + above], axis=-1)

    def loss(self, truth: Any, parameters: Any) -> Any:
        α = np.array(LEVELS, "float32")
        above = ops.expand_dims(truth, -1) - parameters
        lost = ops.maximum(ops.multiply(α, above), ops.multiply(α - 1, above))
        return 2 * ops.mean(lost, axis=-1)

    def ppf(self, levels: np.ndarray, parameters: np.ndarray) -> np.ndarray:
        scores = special.ndtri(levels)
        k = np.clip(np.searchsorted(SCORES, scores) - 1, 0, len(GAPS) - 1)
        share = (scores - SCORES[k]) / (SCORES[k + 1] - SCORES[k])
        lower, upper = _take(parameters, k), _take(parameters, k + 1)
        return lower + share * (upper - lower)

    def median(self, parameters: np.ndarray) -> np.ndarray:
        return parameters[..., MIDDLE]

    def mean(self, parameters: np.ndarray) -> np.ndarray:
        # each piece is linear in the score z: ∫ (a + b z) φ(z) dz
        slopes = np.diff(parameters) / np.diff(SCORES)
        starts = parameters[..., :-1] - slopes * SCORES[:-1]
        edges = np.concatenate([[-np.inf], SCORES[1:-1], [np.inf]])
        density = np.exp(-(edges**2) / 2) / np.sqrt(2 * np.pi)
        pieces = starts * np.diff(special.ndtr(edges)) - slopes * np.diff(density)
        return pieces.sum(axis=-1)


def _take(parameters: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Parameter k of each value, where k broadcasts against the values."""
    if k.ndim == 0:
        return parameters[..., k]
    shape = np.broadcast_shapes(k.shape, parameters.shape[:-1])
    whole = np.broadcast_to(parameters, (*shape, parameters.shape[-1]))
    return np.take_along_axis(whole, np.broadcast_to(k, shape)[..., None], axis=-1)[..., 0]
