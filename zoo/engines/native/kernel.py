"""One call of a kernel with arrays: checks shapes, keeps what the backward pass needs."""

import itertools
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....errors import ArgumentError
from .library import as_floats, available_cores, library
from .plan import Plan

WAITING = 4  # forward passes of a call whose backward pass may still come
WORK = 2**20  # multiplications below which another thread costs more than it saves
NEEDS = ("last", "outputs", "states")


@dataclass
class Kept:
    """What the backward pass needs of a forward pass."""

    size: tuple[int, int, int]  # batch, time, threads
    saved: np.ndarray


class Kernel:
    """Runs one cell forward and backward; threads may share it.

    What a forward pass stores waits here, under a token, for its backward pass, so that it does not
    cross into the backend. Of passes that never come back the oldest is given up, and is computed
    again, with the same bits, if its backward pass does come.

    Args:
        plan: what the cell computes.
        need: the states that are returned, as of an engine.
        threads: the most threads to use.
    """

    def __init__(self, plan: Plan, need: str, threads: int):
        self.plan, self.need, self.threads = plan, need, threads
        self.shapes = [tuple(weight.shape) for weight in plan.weights]
        self._lock = threading.Lock()
        self._tokens = itertools.count(1)
        self._waiting: OrderedDict[int, Kept] = OrderedDict()
        self._free: list[np.ndarray] = []

    def __getstate__(self) -> Any:
        raise TypeError("A kernel belongs to its process and cannot be copied.")

    @property
    def returned(self) -> list[tuple[bool, int]]:
        """Of each array that `forward` returns: whether it has a time, and its channels."""
        channels = self.plan.channels
        if self.need == "states":
            return [(True, n) for n in channels]
        every = [(True, channels[0])] if self.need == "outputs" else []
        return [*every, *((False, n) for n in channels)]

    def forward(self, arrays: Sequence[Any], mask: Any, drop: Any, keep: bool) -> tuple[int, list]:
        """Runs the cell over sequences.

        Args:
            arrays: x `(batch, time, features)`, the first states, the weights of the plan.
            mask: booleans `(batch, time)`, or `None`.
            drop: factors of the first state `(batch, channels)`, or `None`.
            keep: a backward pass will come.

        Returns:
            A token for `backward`, and the arrays that are needed.
        """
        x, first, weights, mask, drop = self._checked(arrays, mask, drop)
        size = self._size(x)
        results = [
            np.empty((size[0], size[1], n) if timed else (size[0], n), np.float32)
            for timed, n in self.returned
        ]
        kept = self._run_forward(x, first, weights, mask, drop, size, keep, *self._split(results))
        token = next(self._tokens)
        if kept is not None:
            self._store(token, kept)
        return token, results

    def backward(
        self, token: int, arrays: Sequence[Any], mask: Any, drop: Any, upstream: Sequence[Any]
    ) -> list[np.ndarray]:
        """The gradients by the arrays of `forward`, from those by its results."""
        x, first, weights, mask, drop = self._checked(arrays, mask, drop)
        size = self._size(x)
        upstream = [as_floats(d) for d in upstream]
        for d, (timed, n) in zip(upstream, self.returned, strict=True):
            _check("gradient", d, (*size[: 1 + timed], n))
        with self._lock:
            kept = self._waiting.pop(token, None)
        if kept is None or kept.size[:2] != size[:2]:
            nowhere = self._split([None] * len(self.returned))
            kept = self._run_forward(x, first, weights, mask, drop, size, True, *nowhere)
            assert kept is not None  # noqa: S101 for type checkers
        last, every = self._split(list(upstream))
        dx, dfirst = np.empty_like(x), [np.empty_like(state) for state in first]
        dweights = [np.zeros_like(weight) for weight in weights]
        library().run(
            self.plan, kept.size, True, x=x, mask=mask, drop=drop, weight=weights, first=first,
            last=last, every=every, saved=kept.saved, dx=dx, dfirst=dfirst, dweight=dweights,
        )  # fmt: skip
        with self._lock:
            self._free = [*self._free, kept.saved][-WAITING:]
        return [dx, *dfirst, *dweights]

    def _run_forward(
        self, x: Any, first: list, weights: list, mask: Any, drop: Any, size: tuple[int, int, int],
        keep: bool, last: list, every: list,
    ) -> Kept | None:  # fmt: skip
        saved = self._buffer(library().saved_size(self.plan, *size)) if keep else None
        library().run(
            self.plan, size, False, x=x, mask=mask, drop=drop, weight=weights, first=first,
            last=last, every=every, saved=saved,
        )  # fmt: skip
        return None if saved is None else Kept(size, saved)

    def _buffer(self, count: int) -> np.ndarray:
        with self._lock:
            for k, free in enumerate(self._free):
                if free.size == count:
                    return self._free.pop(k)
            self._free.clear()
        return np.empty(count, np.float32)

    def _store(self, token: int, kept: Kept) -> None:
        with self._lock:
            self._waiting[token] = kept
            if len(self._waiting) > WAITING:
                self._waiting.popitem(last=False)

    def _split(self, results: list) -> tuple[list, list]:
        """The arrays of the last states and of every step, each a list by state."""
        nothing = [None] * len(self.plan.channels)
        if self.need == "last":
            return results, nothing
        if self.need == "outputs":
            return results[1:], [results[0], *nothing[1:]]
        return nothing, results

    def _size(self, x: np.ndarray) -> tuple[int, int, int]:
        stages = self.plan.stages
        products = sum(s.width * (self.plan.features * s.input + s.read) for s in stages)
        useful = x.shape[0] * x.shape[1] * products // WORK
        return x.shape[0], x.shape[1], max(1, min(self.threads, useful))

    def _checked(self, arrays: Sequence[Any], mask: Any, drop: Any) -> tuple:
        states = len(self.plan.channels)
        arrays = [as_floats(array) for array in arrays]
        x, first, weights = arrays[0], arrays[1 : 1 + states], arrays[1 + states :]
        if x.ndim != 3 or x.shape[2] != self.plan.features or 0 in x.shape[1:]:
            raise ArgumentError(
                f"`sequences` must have the shape (batch, time, {self.plan.features}), with at "
                f"least one step. Received: shape={x.shape}"
            )
        for state, n in zip(first, self.plan.channels, strict=True):
            _check("initial_state", state, (x.shape[0], n))
        for weight, shape in zip(weights, self.shapes, strict=True):
            _check("weight", weight, shape)
        if mask is not None:
            mask = np.ascontiguousarray(mask, dtype=np.uint8)
            _check("mask", mask, x.shape[:2])
        if drop is not None:
            drop = as_floats(drop)
            _check("dropout", drop, (x.shape[0], self.plan.channels[0]))
        return x, first, weights, mask, drop


def _check(name: str, array: np.ndarray, shape: Sequence[int]) -> None:
    if array.shape != tuple(shape):
        raise ArgumentError(
            f"`{name}` must have the shape {tuple(shape)}. Received: shape={array.shape}"
        )


def number_of_threads(backend: int) -> int:
    """The most threads of one call: `RNNZOO_THREADS`, or those of the backend (0: not said), or
    `OMP_NUM_THREADS`, or one a core."""
    named = (os.environ.get(name, "") for name in ("RNNZOO_THREADS", "OMP_NUM_THREADS"))
    own, shared = (int(value) if value.isdigit() else 0 for value in named)
    return own or backend or shared or available_cores()
