"""Scales columns by what the training span shows of them."""

from typing import Any

import numpy as np


class Scaler:
    """z-score per column, in double precision; missing values (NaN) count for nothing.

    A constant column keeps its size: its scale is 1.

    Attributes:
        mean_: `(columns,)`.
        scale_: `(columns,)`, the population standard deviation.
    """

    def fit(self, values: np.ndarray) -> "Scaler":
        """Learns from `(rows, columns)`; give it the training span and nothing else."""
        values = np.asarray(values, "float64")
        self.mean_ = np.nanmean(values, axis=0)
        deviation = np.nanstd(values, axis=0)
        # a spread below rounding error is none: dividing by it would blow up noise
        constant = deviation <= 1e-12 * np.maximum(np.abs(self.mean_), 1e-300)
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
