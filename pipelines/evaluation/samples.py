"""Samples of forecasts whose leads and series depend on one another as past errors did."""

import numpy as np

from ...errors import ArgumentError, whole_number
from .conformal import ErrorMemory
from .conformal_steps import Steps

MOST = 50_000_000  # most numbers in all samples


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
    together: bool = True,
    spread: np.ndarray | None = None,
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
        together: whether all series have the same times; each is else drawn on its own.
        spread: predicted size of the errors, `(S, H)`.

    Returns:
        `(count, S, H)`; NaN before the first error of a lead.

    Reference: Clark et al. (2004), The Schaake shuffle, Journal of Hydrometeorology 5.
    """
    levels = (np.arange(count) + 0.5) / count
    quantiles = Steps(memory).quantiles(forecast, levels, spread)
    return np.take_along_axis(quantiles, ranks(memory, count, rng, together), axis=0)


def ranks(
    memory: ErrorMemory, count: int, rng: np.random.Generator, together: bool = True
) -> np.ndarray:
    """The rank of each sample among all at each lead, dependent as past errors are.

    (rank + ½) / count is the level of a draw, for samples from any distributions of the leads.

    Returns:
        `(count, S, H)`, from 0: at each lead of each series every rank once.
    """
    paths = _paths(memory, count, rng, together)
    # equal errors, of a path that was drawn twice, are put in one order at all leads
    first = rng.permuted(np.tile(np.arange(count), (len(memory), 1)), axis=1).T
    shuffled = np.take_along_axis(paths, first[..., None], axis=0)
    order = np.argsort(shuffled, axis=0, kind="stable")
    ranked = np.empty_like(order)
    np.put_along_axis(ranked, order, np.arange(count)[:, None, None], axis=0)
    found = np.empty_like(ranked)
    np.put_along_axis(found, first[..., None], ranked, axis=0)
    return found


def _paths(memory: ErrorMemory, count: int, rng: np.random.Generator, together: bool) -> np.ndarray:
    """Standardized errors of past origins, drawn with replacement, `(count, S, H)`: whole paths.
    Zero where none is whole."""
    errors = memory.window[0]  # (W, S, H)
    whole = ~np.isnan(errors).any(axis=2)
    for s in range(len(memory)):  # paths that are only in part replaced by newer ones
        waiting = memory.slot[s][(memory.age[s] > 0) & (memory.slot[s] >= 0)]
        whole[waiting, s] = False
    result = np.zeros((count, *errors.shape[1:]))
    shared = np.flatnonzero(whole.all(axis=1))
    if together and len(shared):
        return errors[rng.choice(shared, count)]
    for s in range(len(memory)):
        if len(own := np.flatnonzero(whole[:, s])):
            result[:, s] = errors[rng.choice(own, count), s]
    return result
