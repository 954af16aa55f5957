"""Samples of forecasts whose leads and series depend on one another as past errors did."""

import numpy as np

from ...errors import ArgumentError, whole_number
from .conformal import NEVER, ErrorMemory
from .conformal_steps import Steps

MOST = 50_000_000  # most numbers in all samples
FEWEST = 20  # least origins to draw from, where that leaves out series that lack some of them


def check_samples(samples: int, numbers: int) -> int:
    """Returns a number of samples that fit into memory.

    Args:
        samples: number of samples.
        numbers: numbers in each, series times leads.

    Raises:
        ArgumentTypeError: not a whole number.
        ArgumentError: below 1, or more than `MOST` numbers in all.
    """
    count = whole_number("samples", samples)
    if count * numbers > MOST:
        raise ArgumentError(
            f"`samples` of {numbers:,} values each must hold at most {MOST:,} numbers: "
            f"{max(1, MOST // numbers):,} samples. Received: samples={count}"
        )
    return count


def sample(
    memory: ErrorMemory,
    forecast: np.ndarray,
    count: int,
    rng: np.random.Generator,
    spread: np.ndarray | None = None,
    distributions: np.ndarray | None = None,
) -> np.ndarray:
    """Samples of the values to come, from the last observed row.

    At each lead of each series they are its quantiles at evenly spread levels; their order is that
    of the errors of past origins, drawn with replacement: an empirical copula, the Schaake shuffle.
    So the samples of a sum are the sums of the samples, over leads and over series.

    Args:
        memory: memory of past errors.
        forecast: forecasts, `(S, H)`.
        count: number of samples.
        rng: source of the draws.
        spread: predicted size of the errors, `(S, H)`.
        distributions: their quantiles, `(S, H, levels)`, where forecasts are such.

    Returns:
        `(count, S, H)`; NaN before the first error of a lead.

    Reference: Clark et al. (2004), The Schaake shuffle, Journal of Hydrometeorology 5.
    """
    levels = (np.arange(count) + 0.5) / count
    quantiles = Steps(memory).quantiles(forecast, levels, spread, distributions=distributions)
    return np.take_along_axis(quantiles, ranks(memory, count, rng), axis=0)


def ranks(memory: ErrorMemory, count: int, rng: np.random.Generator) -> np.ndarray:
    """The rank of each sample among all at each lead, dependent as past errors are.

    (rank + ½) / count is the level of a draw, for samples from any distributions of the leads.

    Returns:
        `(count, S, H)`, from 0: at each lead of each series every rank once.
    """
    paths = _paths(memory, count, rng)
    # equal errors, of a path that was drawn twice, are put in one order at all leads
    first = rng.permuted(np.tile(np.arange(count), (len(memory), 1)), axis=1).T
    shuffled = np.take_along_axis(paths, first[..., None], axis=0)
    order = np.argsort(shuffled, axis=0, kind="stable")
    ranked = np.empty_like(order)
    np.put_along_axis(ranked, order, np.arange(count)[:, None, None], axis=0)
    found = np.empty_like(ranked)
    np.put_along_axis(found, first[..., None], ranked, axis=0)
    return found


def _paths(memory: ErrorMemory, count: int, rng: np.random.Generator) -> np.ndarray:
    """Standardized errors of past origins, drawn with replacement, `(count, S, H)`: whole paths.
    Zero where none is whole.

    The paths of a draw are about as far before the last row of each series, so those of one origin
    where the series end together. A series without a path near there has another one of its own.
    """
    errors = memory.window[0]  # (W, S, H)
    whole = ~np.isnan(errors).any(axis=2) & (memory.origin != NEVER)
    for s in range(len(memory)):  # paths that are only in part replaced by newer ones
        waiting = memory.slot[s][(memory.age[s] > 0) & (memory.slot[s] >= 0)]
        whole[waiting, s] = False
    result = np.zeros((count, *errors.shape[1:]))
    back = np.where(whole, memory.now - memory.origin, -1)  # rows from each origin to the last row
    drawn = rng.choice(_shared(back), count) if whole.any() else np.empty(0)
    for s in range(len(memory)):
        slots = np.flatnonzero(whole[:, s])
        if not len(slots):
            continue
        slots = slots[np.argsort(back[slots, s])]
        own = back[slots, s]
        at = np.abs(own - drawn[:, None]).argmin(axis=1)
        near = np.abs(own[at] - drawn) <= np.diff(own).max(initial=0)
        elsewhere = rng.integers(len(own), size=count)
        result[:, s] = errors[slots[np.where(near, at, elsewhere)], s]
    return result


def _shared(back: np.ndarray) -> np.ndarray:
    """Distances `back (W, S)`, −1 for none, that most series have, and at least `FEWEST` of them
    where there are as many."""
    values, counts = np.unique(back[back >= 0], return_counts=True)
    most = np.sort(counts)[::-1][min(FEWEST, len(counts)) - 1]
    return values[counts >= most]
