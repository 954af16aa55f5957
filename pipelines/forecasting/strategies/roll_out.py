"""Roll-outs of a closed loop that draw each step from the distribution of its head."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ....zoo.heads import Head
from .targets import count_level


@dataclass(frozen=True)
class RollOut:
    """Draws steps one by one and feeds each back, for all paths at once.

    Attributes:
        read: open-loop network, compiled, from `[x, *states]` to `[parameters, *states after each
            step]`.
        head: head of every output.
        draws: number of outputs, the target first.
    """

    read: Callable[[Sequence[np.ndarray]], list[np.ndarray]]
    head: Head
    draws: int

    def __call__(
        self,
        states: list[np.ndarray],
        scale: np.ndarray,
        future: np.ndarray,
        ranks: np.ndarray | None,
    ) -> np.ndarray:
        """Rolls out paths of the target, or of its differences, in its own unit.

        Args:
            states: states of the network, each `(series, …)`.
            scale: mean and scale of the target, `(series, 2)`.
            future: what is read of the steps ahead, `(series, leads, columns)`.
            ranks: level of each draw, `(samples, series or 1, leads, draws)`; `None` for one path
                of medians.

        Returns:
            `(samples, series, leads)`.
        """
        series, leads, _ = future.shape
        paths = 1 if ranks is None else len(ranks)
        states = [np.tile(state, (paths, *[1] * (state.ndim - 1))) for state in states]
        future, scale = np.tile(future, (paths, 1, 1)), np.tile(scale, (paths, 1))
        unknown = np.zeros((paths * series, self.draws), "float32")
        target = np.empty((paths * series, leads))
        x = np.concatenate([future[:, 0], unknown], axis=-1)[:, None]
        parameters, *_ = self.read([x, *states])
        for k in range(leads):
            levels = None
            if ranks is not None:
                own = np.broadcast_to(ranks[:, :, k], (paths, series, self.draws))
                levels = own.reshape(-1, self.draws)
            target[:, k], fed = self._draw(parameters[:, -1].astype("float64"), scale, levels)
            if k + 1 < leads:
                # the drawn step is read, and the next one begun, whose output needs no truth
                steps = [(future[:, k], fed), (future[:, k + 1], unknown)]
                x = np.stack([np.concatenate(step, axis=-1) for step in steps], axis=1)
                parameters, *after = self.read([x, *states])
                states = [state[:, 0] for state in after]
        return target.reshape(paths, series, leads)

    def _draw(
        self, parameters: np.ndarray, scale: np.ndarray, levels: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The target in its own unit, `(paths,)`, and all outputs, scaled, `(paths, draws)`."""
        if self.head.counts:
            parameters = self.head.placed(parameters, 0.0, count_level(scale)[:, None, None])
        if levels is None:
            drawn = self.head.median(parameters)
        else:
            drawn = self.head.ppf(levels, parameters)
        if self.head.counts:
            return drawn[:, 0], ((drawn - scale[:, :1]) / scale[:, 1:]).astype("float32")
        return drawn[:, 0] * scale[:, 1] + scale[:, 0], drawn.astype("float32")


def random_ranks(n: int, shape: tuple[int, ...], seed: int | Sequence[int]) -> np.ndarray:
    """Levels of n draws of independent values, `(n, *shape)` in (0, 1).

    Each value has one level in each of n equal parts of (0, 1), in random order, so that quantiles
    of few draws are near those of many.

    Reference: McKay, Beckman and Conover (1979), A comparison of three methods for selecting
    values of input variables, Technometrics 21 (Latin hypercube sampling).
    """
    rng = np.random.default_rng(seed)
    parts = np.broadcast_to(np.arange(n).reshape(-1, *[1] * len(shape)), (n, *shape))
    return (rng.permuted(parts, axis=0) + rng.uniform(0.001, 0.999, (n, *shape))) / n
