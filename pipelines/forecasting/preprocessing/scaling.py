"""Scales columns by what the training span shows of them."""

from typing import Any

import numpy as np
from scipy.signal import lfilter
from sklearn.preprocessing import RobustScaler

SCALINGS = ("z-score", "robust", "running")
LEAST = 0.01  # of the training span's deviation: what a running one has at least


class Scaler:
    """Centre and scale per column, in double precision; missing values (NaN) count for nothing.

    A constant column keeps its size: its scale is 1.

    Args:
        robust: the median, and the range between the quartiles over that of a normal
            distribution, in place of mean and standard deviation: outliers then move neither.
            A column of which half is one value has no such range: its deviation scales it.

    Attributes:
        mean_: `(columns,)`, the centre.
        scale_: `(columns,)`, the population standard deviation, or what stands for it.
    """

    def __init__(self, robust: bool = False):
        self.robust = robust

    def fit(self, values: np.ndarray) -> "Scaler":
        """Learns from `(rows, columns)`; give it the training span and nothing else."""
        values = np.asarray(values, "float64")
        self.mean_ = np.nanmean(values, axis=0)
        deviation = np.nanstd(values, axis=0)
        # a spread below rounding error is none: dividing by it would blow up noise
        constant = deviation <= 1e-12 * np.maximum(np.abs(self.mean_), 1e-300)
        if self.robust and values.size:
            fitted = RobustScaler(unit_variance=True).fit(values)
            spread = np.nanpercentile(values, 75, axis=0) > np.nanpercentile(values, 25, axis=0)
            self.mean_ = fitted.center_
            deviation = np.where(spread, fitted.scale_, deviation)
        self.scale_ = np.where(constant, 1.0, deviation)
        return self

    def transform(self, values: np.ndarray) -> np.ndarray:
        return (values - self.mean_) / self.scale_

    def inverse(self, values: np.ndarray) -> np.ndarray:
        return values * self.scale_ + self.mean_

    def to_dict(self) -> dict[str, list[float]]:
        return {"mean": self.mean_.tolist(), "scale": self.scale_.tolist()}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Scaler":
        scaler = cls()
        scaler.mean_ = np.array(stored["mean"], "float64")
        scaler.scale_ = np.array(stored["scale"], "float64")
        return scaler


def running(values: np.ndarray, start: np.ndarray, span: int, least: float) -> np.ndarray:
    """Exponentially weighted mean and deviation after each value, `(rows, 2)`.

    ```
    d_t = y_t − m_{t−1}        m_t = m_{t−1} + α d_t        α = 2 / (span + 1)
    v_t = (1 − α)(v_{t−1} + α d_t²)        σ_t² = v_t + least²
    ```

    A missing value (NaN) moves neither. Row by row or all at once, the numbers are the same: m
    and σ are a state that can be carried along.

    Args:
        values: `(rows,)`.
        start: m and σ before the first, `(2,)`.
        span: values that weigh as much as a window of as many.
        least: the smallest deviation.

    Reference: Finch (2009), Incremental calculation of weighted mean and variance.
    """
    α = 2 / (span + 1)
    there = np.flatnonzero(~np.isnan(values))
    y = values[there]
    m, _ = lfilter([α], [1, α - 1], y, zi=[(1 - α) * start[0]])
    d = y - np.concatenate([start[:1], m[:-1]])
    v0 = max(0.0, start[1] ** 2 - least**2)
    v, _ = lfilter([α * (1 - α)], [1, α - 1], d**2, zi=[(1 - α) * v0])
    after = np.concatenate([start[None], np.column_stack([m, np.sqrt(v + least**2)])])
    return after[np.searchsorted(there, np.arange(len(values)), side="right")]
