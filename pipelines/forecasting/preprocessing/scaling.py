"""Scales columns by statistics of the training span."""

import numpy as np
from scipy.signal import lfilter
from sklearn.preprocessing import RobustScaler

SCALINGS = ("z-score", "robust", "running")
LEAST = 0.01  # smallest running deviation, as a share of the training span's deviation


class Scaler:
    """Centers and scales columns, in double precision; missing values (NaN) are ignored.

    A constant column is not scaled: its scale is 1.

    Args:
        robust: use the median in place of the mean, and the interquartile range over that of a
            normal distribution in place of the standard deviation, so that outliers change
            neither. A column with equal quartiles is scaled by its standard deviation.

    Attributes:
        mean_: center of each column, `(columns,)`.
        scale_: population standard deviation, or its robust estimate, `(columns,)`.
    """

    def __init__(self, robust: bool = False):
        self.robust = robust

    def fit(self, values: np.ndarray) -> "Scaler":
        """Learns from the training span, `(rows, columns)`."""
        values = np.asarray(values, "float64")
        self.mean_ = np.nanmean(values, axis=0)
        deviation = np.nanstd(values, axis=0)
        # a spread below rounding error counts as none: dividing by it would amplify noise
        constant = deviation <= 1e-12 * np.maximum(np.abs(self.mean_), 1e-300)
        if self.robust and values.size:
            # in units of about 1: scikit-learn takes a spread below 1e-15 for none
            unit = np.where(constant, 1.0, deviation)
            fitted = RobustScaler(unit_variance=True).fit(values / unit)
            spread = np.nanpercentile(values, 75, axis=0) > np.nanpercentile(values, 25, axis=0)
            self.mean_ = fitted.center_ * unit
            deviation = np.where(spread, fitted.scale_ * unit, deviation)
        self.scale_ = np.where(constant, 1.0, deviation)
        return self

    def transform(self, values: np.ndarray) -> np.ndarray:
        return (values - self.mean_) / self.scale_

    def inverse(self, values: np.ndarray) -> np.ndarray:
        return values * self.scale_ + self.mean_

    def to_dict(self) -> dict[str, list[float]]:
        return {"mean": self.mean_.tolist(), "scale": self.scale_.tolist()}


def running(values: np.ndarray, start: np.ndarray, span: int, least: float) -> np.ndarray:
    """Exponentially weighted mean and deviation after each value, `(rows, 2)`.

    ```
    d_t = y_t − m_{t−1}        m_t = m_{t−1} + α d_t        α = 2 / (span + 1)
    v_t = (1 − α)(v_{t−1} + α d_t²)        σ_t² = v_t + least²
    ```

    A missing value (NaN) changes neither. Row by row or all at once, the numbers are the same: m
    and σ can be carried as a state.

    Args:
        values: `(rows,)`.
        start: m and σ before the first value, `(2,)`.
        span: length of the window with the same center of weight.
        least: smallest deviation.

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
