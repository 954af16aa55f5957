"""The windows of an error memory: their quantiles, averaged over the scalers."""

import numpy as np
from scipy import stats

from .conformal import LEARNING, PRIOR, TRACKED, ErrorMemory

LEAST = 1e-4  # least level of a quantile of normal scores, and of what is above it


class Mixture:
    """Quantiles of standardized errors, and the weights of the scalers, as of a memory.

    Attributes:
        weights: weights of the scalers, `(K, H)`.
        current: quantiles of their windows at the corrected levels, `(K, len(TRACKED), H)`.
    """

    def __init__(self, memory: ErrorMemory):
        self.memory = memory  # its arrays change between calls
        kinds, width, series, horizon = memory.window.shape
        self.sorted = np.empty((kinds, width * series + len(PRIOR), horizon))
        self.number = np.zeros(horizon, int)
        self.weights = np.empty((kinds, horizon))
        self.current = np.empty((kinds, len(TRACKED), horizon))
        self.sort(np.arange(horizon))
        self.refresh(np.arange(horizon))

    def sort(self, h: np.ndarray) -> None:
        """Sorts the windows of some leads anew."""
        errors = self.memory.window[..., h]
        errors = errors.reshape(len(errors), -1, len(h))
        prior = np.broadcast_to(PRIOR[:, None], (len(errors), len(PRIOR), len(h)))
        self.sorted[..., h] = np.sort(np.concatenate([errors, prior], axis=1), axis=1)
        self.number[h] = (~np.isnan(errors[0])).sum(axis=0) + len(PRIOR)

    def refresh(self, h: np.ndarray) -> None:
        """Computes weights and tracked quantiles anew, for some leads."""
        losses = self.memory.losses[:, h]
        weights = np.exp(-LEARNING * (losses - losses.min(axis=0)))
        self.weights[:, h] = weights / weights.sum(axis=0)
        self.current[:, :, h] = self.at(np.sort(self.memory.levels[:, h], axis=0), h)

    def at(self, levels: np.ndarray, h: np.ndarray) -> np.ndarray:
        """Quantiles of the windows at `levels (levels, h)`, `(K, levels, h)`."""
        place = np.clip(levels * (self.number[h] + 1) - 1, 0, self.number[h] - 1)
        low = np.floor(place).astype(int)
        part, high = place - low, np.minimum(low + 1, self.number[h] - 1)
        found = self.sorted[:, low, h] * (1 - part) + self.sorted[:, high, h] * part
        if self.memory.of_distributions:  # the last scaler
            found[-1] = stats.norm.ppf(np.clip(levels, LEAST, 1 - LEAST))
        return found

    def mixed(
        self, standardized: np.ndarray, base: np.ndarray, center: np.ndarray, size: np.ndarray
    ) -> np.ndarray:
        """Quantiles of errors from standardized ones `(K, levels, H)`, `(levels, S, H)`: the mean
        over the scalers by their weights."""
        each = base[:, None] * (center[:, None] + size[:, None] * standardized[:, :, None])
        return np.einsum("kh,klsh->lsh", self.weights, each)


def by_lead(h: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The leads in `h`, and the mean over series of `values (…, rows, len(h))` at each."""
    if len(h) == len(np.unique(h)):
        order = np.argsort(h)
        return h[order], values[..., order]
    at, place = np.unique(h, return_inverse=True)
    sums = np.zeros((*values.shape[:-1], len(at)))
    np.add.at(np.moveaxis(sums, -1, 0), place, np.moveaxis(values, -1, 0))
    return at, sums / np.bincount(place)


def between(levels: np.ndarray) -> np.ndarray:
    """Weights of linear interpolation, `(levels, 2 + tracked)`, between 0, the tracked levels and
    1."""
    known = np.concatenate([[0.0], TRACKED, [1.0]])
    return np.stack([np.interp(levels, known, one) for one in np.eye(len(known))], axis=1)
