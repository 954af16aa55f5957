"""What all heads have in common."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from keras import ops

LEAST = 1e-3  # smallest scale: a constant target would drive it, and the likelihood, to infinity


class Head:
    """What a network says about a value ahead: the parameters of its distribution.

    ```
    raw outputs (…, outputs) → parameters (…, outputs) → quantiles, samples, mean, median
    ```

    A subclass defines `parameters` and `loss` in Keras operations, for training, and `ppf` and
    `mean` in NumPy, for use. The first raw output sets the location: that of a real value is its
    median. At raw outputs of 0 a real value has about the spread of a standard normal one.

    Attributes:
        name: name in `HEADS`.
        names: names of the parameters, in their order in the last axis.
        locations: for each parameter, 1 if a shift of the value adds to it, else 0.
        scales: for each parameter, 1 if a scale of the value multiplies it, else 0.
        counts: whether the value is a whole number, 0 or above. The mean of such a head is in units
            of a positive level of the series; there is no shift.
        criterion: what `loss` is, in words.
    """

    name: ClassVar[str]
    names: ClassVar[tuple[str, ...]]
    locations: ClassVar[tuple[int, ...]]
    scales: ClassVar[tuple[int, ...]]
    counts: ClassVar[bool] = False
    criterion: ClassVar[str] = "negative log-likelihood"

    @property
    def outputs(self) -> int:
        """The number of raw outputs for each value."""
        return len(self.names)

    def parameters(self, raw: Any) -> Any:
        """Maps raw outputs to parameters, both tensors `(…, outputs)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `parameters`.")

    def loss(self, truth: Any, parameters: Any) -> Any:
        """The loss of each value: tensors `(…)` from truth `(…)` and parameters `(…, outputs)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `loss`.")

    def ppf(self, levels: np.ndarray, parameters: np.ndarray) -> np.ndarray:
        """Quantiles (percent points): arrays in the shape to which `levels` in (0, 1) and
        `parameters[..., 0]` broadcast."""
        raise NotImplementedError(f"{type(self).__name__} must define `ppf`.")

    def mean(self, parameters: np.ndarray) -> np.ndarray:
        """The expected value, arrays `(…)` from parameters `(…, outputs)`."""
        raise NotImplementedError(f"{type(self).__name__} must define `mean`.")

    def median(self, parameters: np.ndarray) -> np.ndarray:
        """The median, arrays `(…)` from parameters `(…, outputs)`."""
        return self.ppf(np.array(0.5), parameters)

    def quantile(self, parameters: np.ndarray, levels: Sequence[float]) -> np.ndarray:
        """Quantiles of some levels, `(levels, …)` from parameters `(…, outputs)`."""
        return np.stack([self.ppf(np.array(level), parameters) for level in levels])

    def sample(self, parameters: np.ndarray, rng: np.random.Generator, n: int) -> np.ndarray:
        """Draws n independent values of each distribution, `(n, …)`.

        A draw is the quantile of a uniform number, so that the parameters of one value change
        the draws of no other."""
        levels = rng.random((n, *parameters.shape[:-1]))
        return self.ppf(np.maximum(levels, np.finfo("float64").tiny), parameters)

    def placed(self, parameters: Any, location: Any, scale: Any, xp: Any = np) -> Any:
        """The parameters of location + scale · value; a scale multiplies the mean of a count.

        Args:
            parameters: array or tensor `(…, outputs)`.
            location, scale: arrays or tensors that broadcast to `(…, 1)`; the scale above 0.
            xp: `numpy` for arrays, `keras.ops` for tensors.
        """
        moved, scaled = (np.array(flags, "float32") for flags in (self.locations, self.scales))
        by = xp.add(xp.multiply(scale, scaled), 1 - scaled)
        return xp.add(xp.multiply(parameters, by), xp.multiply(location, moved))


def positive(raw: Any, at_zero: float, least: float = LEAST) -> Any:
    """A smooth positive function of a tensor: `at_zero` (and `least`) at 0, linear far above."""
    return ops.softplus(raw + float(np.log(np.expm1(at_zero)))) + least
