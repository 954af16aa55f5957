"""The scalers of an error memory as arrays."""

from dataclasses import dataclass

import numpy as np

from .conformal import SCALERS, SCORES, ErrorMemory


def rate(half_life: float) -> float:
    """The share of the newest of exponentially discounted values."""
    return 1 - 0.5 ** (1 / half_life)


@dataclass(frozen=True)
class Scalers:
    """Attributes of K scalers, in shapes that broadcast to `(K, S, H)`; see `Scaler`.

    Attributes:
        fast: rates of their fast sizes, `(K, 1)`.
        seasonal: `(K, 1)`.
        share, relative, bias, shared, normal: `(K, 1, 1)`.
    """

    fast: np.ndarray
    seasonal: np.ndarray
    share: np.ndarray
    relative: np.ndarray
    bias: np.ndarray
    shared: np.ndarray
    normal: np.ndarray

    @classmethod
    def of(cls, memory: ErrorMemory) -> "Scalers":
        """Those of a memory."""
        kinds = [*SCALERS, SCORES] if memory.of_distributions else [*SCALERS]

        def column(name: str) -> np.ndarray:
            return np.array([getattr(one, name) for one in kinds])[:, None, None]

        fast = np.array([rate(one.fast) for one in kinds])[:, None]
        names = ("share", "relative", "bias", "shared", "normal")
        return cls(fast, column("seasonal")[..., 0], *map(column, names))
